// What the ports are called: by honeyctl, and in the log.
#pragma once

#include <string>
#include <vector>

#include "control/config/config.hpp"
#include "control/operator/port_watch.hpp"

namespace honeyswitch::control {

/// By dataplane::PortIndex: "outside", "inside", "honeypot", "honeypot2", …
[[nodiscard]] inline std::vector<PortWatch::Name> port_names(const Config& config) {
    std::vector<PortWatch::Name> names{{.side = "outside", .device = config.outside.text},
                                       {.side = "inside", .device = config.inside.text}};
    for (std::size_t i = 0; i < config.honeypot_ports.size(); ++i)
        names.push_back({.side = i == 0 ? "honeypot" : "honeypot" + std::to_string(i + 1),
                         .device = config.honeypot_ports[i].text,
                         .of_the_link = false});
    return names;
}

}  // namespace honeyswitch::control
