// The rules that a configuration must keep as a whole.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "control/config_draft.hpp"

namespace honeyswitch::control {

/// The warnings (each a sentence with its place) of a configuration that can be used, or the first rule it
/// breaks.
[[nodiscard]] std::expected<std::vector<std::string>, ConfigError> check_config(const ConfigDraft& draft);

}  // namespace honeyswitch::control
