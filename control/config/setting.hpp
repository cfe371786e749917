// The table of settings of the appliance.
#pragma once

#include <span>

#include "base/settings/setting.hpp"
#include "control/config/config.hpp"

namespace honeyswitch::control {

using Setting = SettingOf<Config>;

/// All settings, in the order of the help. Keys are unique over all tables.
[[nodiscard]] std::span<const Setting> settings();

}  // namespace honeyswitch::control
