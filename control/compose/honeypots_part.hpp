// The honeypots, the pools that they share, and how their health is asked for.
#pragma once

#include "control/compose/numbers.hpp"
#include "control/dpdk/honeypot_plane.hpp"

namespace honeyswitch::control {

[[nodiscard]] HoneypotPlaneConfig honeypot_plane_config(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
