// What the operator's interface calls the values of enumerations: the words of the configuration, where it
// has them.
#pragma once

#include <string_view>

#include "control/config/policy_names.hpp"
#include "control/inspect/inspect.hpp"
#include "control/operator/operate.hpp"

namespace honeyswitch::control {

[[nodiscard]] std::string_view name_of(DomainState state);
[[nodiscard]] std::string_view name_of(HoneypotState state);
[[nodiscard]] std::string_view name_of(DiversionMode mode);
[[nodiscard]] std::string_view name_of(Containment containment);
[[nodiscard]] std::string_view name_of(Admission admission);
[[nodiscard]] std::string_view name_of(ReloadState::Phase phase);
[[nodiscard]] std::string_view name_of(dataplane::Step step);

}  // namespace honeyswitch::control
