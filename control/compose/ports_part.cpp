#include "control/compose/ports_part.hpp"

#include "control/config/port_spec.hpp"
#include "dataplane/eal/queue_sizes.hpp"

namespace honeyswitch::control {

PortsConfig ports_config(const Config& config) {
    PortsConfig result{.layout = port_layout(config),
                       .ports = {},
                       .names = {},
                       .kernel_io = config.kernel_io,
                       .workers = static_cast<std::uint16_t>(config.workers),
                       .frame = link_frame(config),
                       .honeypot_frame = honeypot_frame(config),
                       .links_are_taken_down = config.link_state != LinkMode::hub,
                       .mtu_configured = config.mtu.has_value(),
                       .honeypot_mtu_configured = config.mtu.has_value() || config.honeypot_mtu.has_value()};
    for (const PortSpec* const port : ports_of(config)) result.ports.push_back(*port);
    for (const PortWatch::Name& name : port_names(config)) result.names.push_back(name.full());
    result.descriptors =
        dataplane::queue_sizes(config.mbufs, config.workers, static_cast<std::uint32_t>(result.ports.size()))
            .descriptors;
    return result;
}

dataplane::PortLayout port_layout(const Config& config) {
    return dataplane::PortLayout(static_cast<unsigned>(link_count(config)),
                                 static_cast<unsigned>(mirrors_of(config).size()));
}

std::vector<PortWatch::Name> port_names(const Config& config) {
    std::vector<PortWatch::Name> names;
    const auto mirrors = mirrors_of(config);
    const bool alone = link_count(config) + mirrors.size() == 1;
    for (const Link& link : links_of(config)) {
        names.push_back({.side = "outside", .link = link.name, .alone = alone, .device = link.outside.text});
        names.push_back({.side = "inside", .link = link.name, .alone = alone, .device = link.inside.text});
    }
    for (const Link& link : mirrors)
        names.push_back({.side = "mirror", .link = link.name, .alone = alone, .device = link.mirror.text});
    for (std::size_t i = 0; i < config.honeypot_ports.size(); ++i)
        names.push_back({.side = i == 0 ? "honeypot" : "honeypot" + std::to_string(i + 1),
                         .device = config.honeypot_ports[i].text});
    return names;
}

std::vector<LinkPair> link_pairs(const Config& config) {
    std::vector<LinkPair> pairs;
    for (const Link& link : links_of(config)) {
        const auto index = static_cast<dataplane::LinkIndex>(pairs.size());
        pairs.push_back(
            {.name = link.name, .ports = {dataplane::outside_of(index), dataplane::inside_of(index)}});
    }
    return pairs;
}

}  // namespace honeyswitch::control
