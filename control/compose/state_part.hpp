// What is kept over a restart, and where it may be put back.
#pragma once

#include <filesystem>
#include <string>

#include "control/compose/numbers.hpp"
#include "control/state/state_restorer.hpp"

namespace honeyswitch::control {

struct StateConfig {
    Milliseconds save_interval{};  ///< 0: no sessions are kept
    StatePlaces places;
};

[[nodiscard]] StateConfig state_config(const Config& config, const Numbers& numbers);

/// Of a file in the folder of state. Empty: there is no folder.
[[nodiscard]] std::filesystem::path state_file(const Config& config, const std::string& name);

}  // namespace honeyswitch::control
