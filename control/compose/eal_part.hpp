// What DPDK's environment is started with.
#pragma once

#include <string>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// `process`: the id of this process, so that two of them do not share files.
[[nodiscard]] std::vector<std::string> eal_arguments(const Config& config, int process);

}  // namespace honeyswitch::control
