// The commands of the operator's interface: a checked request in, a response out.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "control/inspect/inspect.hpp"
#include "control/operator/operate.hpp"
#include "control/operator/operator_arguments.hpp"
#include "control/operator/operator_request.hpp"

namespace honeyswitch::control {

/// What is said to whom has no right at all.
inline constexpr std::string_view nobody_of_ours =
    "neither group of [operator] has you: group may change, read_group may read";

/// {"rows":[…],"next":…}, or {"error":…}.
[[nodiscard]] nlohmann::json run_command(const Request& request, const Inspect& inspect, Operate& operate,
                                         TimePoint now, const RequestBy& by);

}  // namespace honeyswitch::control
