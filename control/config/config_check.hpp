// The rules that a configuration must keep as a whole.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "control/config/config_draft.hpp"

namespace honeyswitch::control {

struct CheckedConfig {
    Config config;
    std::vector<std::string> warnings;
};

/// What a draft to which nothing more is added amounts to: its names are resolved and it is checked.
[[nodiscard]] std::expected<CheckedConfig, Complaint> finish_config(ConfigDraft draft);

/// The warnings (each a sentence with its place) of a configuration that can be used, or the rules it breaks,
/// one of each family. Precondition: names are resolved.
[[nodiscard]] std::expected<std::vector<std::string>, Complaint> check_config(const ConfigDraft& draft);

}  // namespace honeyswitch::control
