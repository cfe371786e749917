// The configuration's words for what the operator's policy says.
#pragma once

#include <string_view>

#include "control/config/policy.hpp"

namespace honeyswitch::control {

[[nodiscard]] std::string_view name_of(Affinity affinity);
[[nodiscard]] std::string_view name_of(Rule::Action action);
[[nodiscard]] std::string_view name_of(SourceList::Kind kind);

}  // namespace honeyswitch::control
