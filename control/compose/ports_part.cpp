#include "control/compose/ports_part.hpp"

#include "control/config/port_spec.hpp"
#include "dataplane/eal/queue_sizes.hpp"

namespace honeyswitch::control {

PortsConfig ports_config(const Config& config) {
    PortsConfig result{.layout = {},
                       .ports = {},
                       .kernel_io = config.kernel_io,
                       .workers = static_cast<std::uint16_t>(config.workers),
                       .frame = link_frame(config),
                       .honeypot_frame = honeypot_frame(config),
                       .links_are_taken_down = config.link_state != LinkMode::hub,
                       .mtu_configured = config.mtu.has_value() || config.honeypot_mtu.has_value()};
    for (const PortSpec* const port : ports_of(config)) result.ports.push_back(*port);
    result.descriptors =
        dataplane::queue_sizes(config.mbufs, config.workers, static_cast<std::uint32_t>(result.ports.size()))
            .descriptors;
    return result;
}

std::vector<PortWatch::Name> port_names(const Config& config) {
    std::vector<PortWatch::Name> names{{.side = "outside", .device = config.outside.text},
                                       {.side = "inside", .device = config.inside.text}};
    for (std::size_t i = 0; i < config.honeypot_ports.size(); ++i)
        names.push_back({.side = i == 0 ? "honeypot" : "honeypot" + std::to_string(i + 1),
                         .device = config.honeypot_ports[i].text,
                         .of_the_link = false});
    return names;
}

std::vector<LinkPair> link_pairs(const Config& /*config*/) {
    return {{.name = "link", .ports = {dataplane::outside_of(0), dataplane::inside_of(0)}}};
}

}  // namespace honeyswitch::control
