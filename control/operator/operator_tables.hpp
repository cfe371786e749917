// The tables of Inspect over the operator's socket: a page of one for each request.
#pragma once

#include <optional>

#include <nlohmann/json_fwd.hpp>

#include "control/inspect/inspect.hpp"
#include "control/operator/operator_arguments.hpp"

namespace honeyswitch::control {

/// {"rows":[…],"next":…}, or {"error":…}. nullopt: no table has the name of the request's command.
[[nodiscard]] std::optional<nlohmann::json> show_table(const Request& request, const Inspect& inspect,
                                                       TimePoint now);

}  // namespace honeyswitch::control
