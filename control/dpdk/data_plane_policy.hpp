// The operator's policy as the data plane reads it.
#pragma once

#include "control/config/config.hpp"
#include "dataplane/tables/modes.hpp"
#include "dataplane/tables/policy.hpp"

namespace honeyswitch::control {

/// Rules, what lists are for, and the prefixes of the campus.
[[nodiscard]] dataplane::PolicyConfig policy_config(const Config& config);

/// Puts in force what workers are told beside the tables. Control thread.
void set_modes(dataplane::Modes& modes, const Config& config);

}  // namespace honeyswitch::control
