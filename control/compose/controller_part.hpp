// What the controller decides by.
#pragma once

#include "control/compose/numbers.hpp"
#include "control/controller/controller.hpp"

namespace honeyswitch::control {

[[nodiscard]] ControllerConfig controller_config(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
