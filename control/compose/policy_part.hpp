// Rules, what lists are for, and the prefixes of the campus, as workers judge by them.
#pragma once

#include "control/compose/numbers.hpp"
#include "dataplane/tables/policy.hpp"

namespace honeyswitch::control {

[[nodiscard]] dataplane::PolicyConfig policy_config(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
