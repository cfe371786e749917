#include "control/config/port_spec.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <iterator>

#include <fmt/format.h>

#include "dataplane/eal/frame_lengths.hpp"

namespace honeyswitch::control {
namespace {

using Result = std::expected<PortSpec, std::string>;

constexpr std::size_t longest_interface_name = 15;  // IFNAMSIZ of Linux, less its terminating zero
constexpr std::size_t longest_vdev_name = 63;       // RTE_DEV_NAME_MAX_LEN of DPDK, less its terminating zero

bool is_hexadecimal(std::string_view text) {
    return std::ranges::all_of(text, [](unsigned char c) { return std::isxdigit(c) != 0; });
}

/// Domain, bus, device and function: 0000:03:00.0. A domain can have more than four digits (Intel VMD:
/// 10000).
bool is_pci_address(std::string_view text) {
    constexpr std::size_t shortest_domain = 4, longest_domain = 8;
    const auto colon = text.find(':');
    if (colon == std::string_view::npos || colon < shortest_domain || colon > longest_domain) return false;
    const auto rest = text.substr(colon + 1);
    return rest.size() == std::string_view("03:00.0").size() && rest[2] == ':' && rest[5] == '.' &&
           is_hexadecimal(text.substr(0, colon)) && is_hexadecimal(rest.substr(0, 2)) &&
           (rest[3] == '0' || rest[3] == '1') && is_hexadecimal(rest.substr(4, 1)) && rest[6] >= '0' &&
           rest[6] <= '7';
}

/// Of a DPDK virtual device: the name of its driver, and usually a number.
bool is_vdev_name(std::string_view name) {
    return !name.empty() && name.size() <= longest_vdev_name && name[0] >= 'a' && name[0] <= 'z' &&
           std::ranges::all_of(
               name, [](unsigned char c) { return c < 0x80 && (std::isalnum(c) != 0 || c == '_'); });
}

/// What the kernel accepts as the name of an interface (dev_valid_name in net/core/dev.c).
bool is_interface_name(std::string_view name) {
    const auto bad = [](unsigned char c) { return std::isspace(c) != 0 || c == '/' || c == ':' || c == 0; };
    return !name.empty() && name.size() <= longest_interface_name && name != "." && name != ".." &&
           std::ranges::none_of(name, bad);
}

Result kernel_port(std::string_view text, std::string_view name) {
    if (!is_interface_name(name))
        return std::unexpected(fmt::format(
            "'{}' is not a PORT: the interface name after 'dev:' must have 1 to {} characters, without "
            "blanks, '/' or ':'",
            text, longest_interface_name));
    return PortSpec{PortSpec::Kind::kernel, std::string(name), std::string(text)};
}

Result vdev_port(std::string_view text, std::string_view arguments) {
    if (!is_vdev_name(arguments.substr(0, arguments.find(','))))
        return std::unexpected(fmt::format(
            "'{}' is not a PORT: 'vdev:' is followed by the name of a DPDK virtual device, 1 to {} letters, "
            "digits or '_', and its arguments, such as vdev:net_pcap0,rx_pcap=in.pcap",
            text, longest_vdev_name));
    return PortSpec{PortSpec::Kind::vdev, std::string(arguments), std::string(text)};
}

std::string not_a_port(std::string_view text) {
    auto reason = fmt::format(
        "'{}' is not a PORT: write a PCI address (0000:03:00.0), dev:NAME for a kernel interface, or "
        "vdev:ARGS for a DPDK virtual device",
        text);
    if (is_pci_address(fmt::format("0000:{}", text)))
        reason += fmt::format("; did you mean 0000:{}?", text);
    else if (is_interface_name(text))
        reason += fmt::format("; did you mean dev:{}?", text);
    return reason;
}

}  // namespace

Result parse_port(std::string_view text) {
    if (text.starts_with("dev:")) return kernel_port(text, text.substr(4));
    if (text.starts_with("vdev:")) return vdev_port(text, text.substr(5));
    if (!is_pci_address(text)) return std::unexpected(not_a_port(text));
    std::string address(text);
    std::ranges::transform(address, address.begin(), [](unsigned char c) { return std::tolower(c); });
    return PortSpec{PortSpec::Kind::pci, address, std::string(text)};
}

std::optional<std::string> interface_of(const PortSpec& port) {
    if (port.kind == PortSpec::Kind::pci) return std::nullopt;
    if (port.kind == PortSpec::Kind::kernel) return port.device;
    // A tap makes its interface, and a pcap device shares it with everybody.
    if (!port.device.starts_with("net_af_xdp") && !port.device.starts_with("net_af_packet"))
        return std::nullopt;
    constexpr std::string_view argument = ",iface=";
    const auto begin = port.device.find(argument);
    if (begin == std::string::npos) return std::nullopt;
    auto name = port.device.substr(begin + argument.size());
    name.resize(std::min(name.find(','), name.size()));
    if (name.empty()) return std::nullopt;
    return name;
}

bool same_device(const PortSpec& one, const PortSpec& other) {
    const auto interface = interface_of(one);
    if (interface && interface == interface_of(other)) return true;
    const auto name = [](const PortSpec& port) {
        return port.kind == PortSpec::Kind::vdev ? port.device.substr(0, port.device.find(',')) : port.device;
    };
    return one.kind == other.kind && name(one) == name(other);
}

namespace {

/// `Any` is a Config, const or not, and so are the ports.
template <typename Any>
auto ports_in(Any& config) {
    std::vector<decltype(&config.outside)> ports;
    if (config.links.empty()) ports = {&config.outside, &config.inside};
    for (auto& link : config.links)
        if (!link.is_mirror()) ports.insert(ports.end(), {&link.outside, &link.inside});
    for (auto& link : config.links)
        if (link.is_mirror()) ports.push_back(&link.mirror);
    for (auto& port : config.honeypot_ports) ports.push_back(&port);
    return ports;
}

}  // namespace

std::vector<const PortSpec*> ports_of(const Config& config) {
    return ports_in(config);
}

PortSpec& port_at(Config& config, std::size_t index) {
    return *ports_in(config).at(index);
}

std::uint32_t link_frame(const Config& config) {
    return dataplane::longest_frame(config.mtu.value_or(dataplane::default_mtu));
}

std::uint32_t honeypot_frame(const Config& config) {
    return config.honeypot_mtu ? dataplane::longest_frame(*config.honeypot_mtu) : link_frame(config);
}

std::vector<Link> links_of(const Config& config) {
    if (config.links.empty())
        return {{.name = std::string(only_link), .outside = config.outside, .inside = config.inside}};
    std::vector<Link> links;
    std::ranges::copy_if(config.links, std::back_inserter(links), std::not_fn(&Link::is_mirror));
    return links;
}

std::size_t link_count(const Config& config) {
    return links_of(config).size();
}

std::vector<Link> mirrors_of(const Config& config) {
    std::vector<Link> mirrors;
    std::ranges::copy_if(config.links, std::back_inserter(mirrors), &Link::is_mirror);
    return mirrors;
}

bool only_mirrors(const Config& config) {
    return !config.links.empty() && std::ranges::all_of(config.links, &Link::is_mirror);
}

}  // namespace honeyswitch::control
