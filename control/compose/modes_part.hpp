// What workers are told beside the tables.
#pragma once

#include "control/compose/numbers.hpp"
#include "dataplane/tables/modes.hpp"

namespace honeyswitch::control {

[[nodiscard]] dataplane::ModeSettings mode_settings(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
