#include <algorithm>

#include "base/limits.hpp"
#include "control/config/config_checks.hpp"
#include "control/config/port_spec.hpp"
#include "dataplane/eal/frame_lengths.hpp"

namespace honeyswitch::control {
namespace {

struct NamedPort {
    std::string name;   ///< "outside port", "outside port of link 'west'"
    std::string value;  ///< the setting
    const PortSpec* port;
};

std::vector<NamedPort> named_ports(const Config& config) {
    std::vector<NamedPort> ports;
    if (config.links.empty())
        ports = {{"outside port", "outside", &config.outside}, {"inside port", "inside", &config.inside}};
    for (std::size_t i = 0; i < config.links.size(); ++i) {
        const Link& link = config.links[i];
        if (link.is_mirror()) {
            ports.push_back({fmt::format("mirror port of link '{}'", link.name), record("link", i, "mirror"),
                             &link.mirror});
            continue;
        }
        ports.push_back({fmt::format("outside port of link '{}'", link.name), record("link", i, "outside"),
                         &link.outside});
        ports.push_back(
            {fmt::format("inside port of link '{}'", link.name), record("link", i, "inside"), &link.inside});
    }
    for (std::size_t i = 0; i < config.honeypot_ports.size(); ++i)
        ports.push_back({"honeypot port", element("honeypot", i), &config.honeypot_ports[i]});
    return ports;
}

/// The links are written in one form: as a port each way, or as records.
Check check_form(const ConfigDraft& draft, std::string_view name, const PortSpec& port) {
    const auto& links = draft.config.links;
    const bool given = !port.device.empty();
    if (links.empty() && !given)
        return refuse(
            draft, name,
            fmt::format("no {} port: write {} = \"PORT\" in [ports], or --{} PORT", name, name, name));
    if (!links.empty() && given)
        return refuse(
            draft, name,
            fmt::format("{} is the port of an only link, and there is a [[link]] '{}': write '{}' in a "
                        "[[link]] of its own, or take it out",
                        name, links.front().name, port.text));
    return {};
}

Check check_presence_of_ports(const ConfigDraft& draft) {
    const auto& config = draft.config;
    Complaints errors;
    errors.add(check_form(draft, "outside", config.outside));
    errors.add(check_form(draft, "inside", config.inside));
    if (config.honeypot_ports.empty())
        errors.add({draft.place_of("honeypot"),
                    "no honeypot port: write honeypot = \"PORT\" in [ports], or --honeypot PORT"});
    if (!errors.empty()) return errors.result();
    if (config.honeypot_ports.size() > limits::honeypot_ports)
        return refuse(draft, element("honeypot", limits::honeypot_ports),
                      fmt::format("there are {} honeypot ports, and there can be {}",
                                  config.honeypot_ports.size(), limits::honeypot_ports));
    return check_names(draft, "link", config.links);
}

/// What becomes of a link's other port has no meaning where no link has one.
Check check_link_state(const ConfigDraft& draft) {
    const auto& config = draft.config;
    if (config.link_state == LinkMode::hub || !only_mirrors(config)) return {};
    return refuse(
        draft, "link_state",
        fmt::format("link_state must be \"hub\", as link '{}' is a mirror, and so is every other: none "
                    "has another port that could follow",
                    config.links.front().name));
}

/// AF_XDP gives a frame a page of memory at most.
Check check_mtu_of_xdp(const ConfigDraft& draft, std::string_view value, std::uint32_t frame) {
    const auto& config = draft.config;
    if (config.kernel_io != KernelIo::af_xdp || frame <= dataplane::xdp_most) return {};
    for (const NamedPort& port : named_ports(config))
        if (port.port->kind == PortSpec::Kind::kernel)
            return refuse(
                draft, value,
                fmt::format(
                    "{} {} is more than AF_XDP can pass, which the {} '{}' uses: {} at most; kernel_io "
                    "= \"af_packet\" can",
                    value, dataplane::mtu_of_frame(frame), port.name, port.port->text,
                    dataplane::mtu_of_frame(dataplane::xdp_most)));
    return {};
}

}  // namespace

Check check_ports(const ConfigDraft& draft, Warnings& /*warnings*/) {
    if (auto checked = check_presence_of_ports(draft); !checked) return checked;
    if (auto checked = check_link_state(draft); !checked) return checked;
    const auto ports = named_ports(draft.config);
    for (std::size_t i = 1; i < ports.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (same_device(*ports[i].port, *ports[j].port))
                return refuse(draft, ports[i].value,
                              fmt::format("the {} is the same device as {} {}: '{}'", ports[i].name,
                                          ports[i].name == ports[j].name ? "another" : "the", ports[j].name,
                                          ports[i].port->text));
    return {};
}

Check check_mtu(const ConfigDraft& draft, Warnings& /*warnings*/) {
    const auto& config = draft.config;
    const auto link = link_frame(config), honeypot = honeypot_frame(config);
    if (honeypot < link)
        return refuse(draft, "honeypot_mtu",
                      fmt::format("honeypot_mtu {} is less than mtu {}: a packet of the link could not reach "
                                  "a honeypot",
                                  dataplane::mtu_of_frame(honeypot), dataplane::mtu_of_frame(link)));
    if (auto checked = check_mtu_of_xdp(draft, "mtu", link); !checked) return checked;
    return check_mtu_of_xdp(draft, "honeypot_mtu", honeypot);
}

}  // namespace honeyswitch::control
