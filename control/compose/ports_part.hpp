// Which devices are the ports, how they are reached, and what they are called.
#pragma once

#include <string>
#include <vector>

#include "control/config/config.hpp"
#include "control/dpdk/start_ports.hpp"
#include "control/operator/link_policy.hpp"
#include "control/operator/port_watch.hpp"

namespace honeyswitch::control {

[[nodiscard]] PortsConfig ports_config(const Config& config);

[[nodiscard]] dataplane::PortLayout port_layout(const Config& config);

/// By dataplane::PortIndex: "outside" and "inside" of each link, "mirror" of others, "honeypot", "honeypot2",
/// …
[[nodiscard]] std::vector<PortWatch::Name> port_names(const Config& config);

/// Which of those ports are the two of one link. A mirror is none.
[[nodiscard]] std::vector<LinkPair> link_pairs(const Config& config);

}  // namespace honeyswitch::control
