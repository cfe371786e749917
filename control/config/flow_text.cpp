#include "control/config/flow_text.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <optional>

#include <fmt/format.h>
#include <netinet/in.h>

#include "base/nearest_name.hpp"

namespace honeyswitch::control {
namespace {

struct Protocol {
    std::string_view name;
    std::uint8_t number;
};
constexpr std::array protocols{Protocol{"tcp", IPPROTO_TCP}, Protocol{"udp", IPPROTO_UDP},
                               Protocol{"icmp", IPPROTO_ICMP}, Protocol{"sctp", IPPROTO_SCTP}};

template <std::unsigned_integral Integer>
std::optional<Integer> whole_number(std::string_view text) {
    Integer number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, failure] = std::from_chars(begin, end, number);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return number;
}

/// The text up to the next colon, which is taken off `rest` with it.
std::string_view take_part(std::string_view& rest) {
    const auto colon = rest.find(':');
    const auto part = rest.substr(0, colon);
    rest.remove_prefix(colon == std::string_view::npos ? rest.size() : colon + 1);
    return part;
}

}  // namespace

bool has_ports(std::uint8_t protocol) {
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP;
}

std::expected<std::uint8_t, std::string> parse_protocol(std::string_view text) {
    std::array<std::string_view, protocols.size()> names;
    for (std::size_t i = 0; i < protocols.size(); ++i) {
        if (protocols.at(i).name == text) return protocols.at(i).number;
        names.at(i) = protocols.at(i).name;
    }
    if (const auto number = whole_number<std::uint8_t>(text)) return *number;
    return std::unexpected(fmt::format("'{}' is not a protocol: write one of {}, or a number from 0 to 255{}",
                                       text, fmt::join(names, ", "), suggest_name(text, names)));
}

std::string protocol_name(std::uint8_t protocol) {
    for (const auto& [name, number] : protocols)
        if (number == protocol) return std::string(name);
    return fmt::format("{}", protocol);
}

std::expected<PortRange, std::string> parse_port_range(std::string_view text) {
    const auto dash = text.find('-');
    const auto first = whole_number<std::uint16_t>(text.substr(0, dash));
    const auto last =
        dash == std::string_view::npos ? first : whole_number<std::uint16_t>(text.substr(dash + 1));
    if (!first || !last || *first > *last)
        return std::unexpected(
            fmt::format("'{}' is neither a port nor a range of ports: write 22 or 8000-8080, with numbers "
                        "from 0 to 65535",
                        text));
    return PortRange{*first, *last};
}

std::string to_string(PortRange ports) {
    return ports.first == ports.last ? fmt::format("{}", ports.first)
                                     : fmt::format("{}-{}", ports.first, ports.last);
}

std::expected<AllowedFlow, std::string> parse_allowed_flow(std::string_view text) {
    const auto bad = [text](std::string_view reason) {
        return std::unexpected(fmt::format("'{}' is not a flow: {}", text, reason));
    };
    auto rest = text;
    AllowedFlow flow;
    const auto protocol = parse_protocol(take_part(rest));
    if (!protocol) return bad(protocol.error());
    flow.protocol = *protocol;
    if (has_ports(flow.protocol)) {
        if (!rest.contains(':'))
            return bad("write PROTOCOL:PORTS:PREFIX, such as udp:53:192.0.2.53/32 or tcp:1-1023:0.0.0.0/0");
        const auto ports = parse_port_range(take_part(rest));
        if (!ports) return bad(ports.error());
        flow.ports = *ports;
    } else if (rest.contains(':')) {
        return bad(fmt::format("{} has no ports; write PROTOCOL:PREFIX, such as icmp:192.0.2.0/24",
                               protocol_name(flow.protocol)));
    }
    const auto destination = parse_address_or_prefix(rest);
    if (!destination) return bad(destination.error());
    flow.destination = *destination;
    return flow;
}

std::string to_string(const AllowedFlow& flow) {
    const auto protocol = protocol_name(flow.protocol);
    return has_ports(flow.protocol)
               ? fmt::format("{}:{}:{}", protocol, to_string(flow.ports), to_string(flow.destination))
               : fmt::format("{}:{}", protocol, to_string(flow.destination));
}

}  // namespace honeyswitch::control
