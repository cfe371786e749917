// CPU lists, as in `--lcores 0,2,4-7`.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// In the order written; ranges ascend. The error is the reason alone.
[[nodiscard]] std::expected<std::vector<unsigned>, std::string> parse_cpu_list(std::string_view text);

/// The CPU of the control thread, then one for each worker: the first of Config::lcores, or 0, 1, 2, …
/// Precondition: `config` was checked.
[[nodiscard]] std::vector<unsigned> cpus_of(const Config& config);

}  // namespace honeyswitch::control
