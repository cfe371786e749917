// [[honeypot]] and [[agent]]: the parts of the configuration file that may be repeated.
#pragma once

#include <expected>
#include <filesystem>

#include <toml++/toml.h>

#include "control/config_draft.hpp"

namespace honeyswitch::control {

/// "conf/honeyswitch.toml:12:9"
[[nodiscard]] std::string place_of(const toml::source_region& region);

/// What a TOML value is, for a message: "an integer".
[[nodiscard]] std::string_view kind_of(const toml::node& node);

/// True for the names of tables that may be repeated.
[[nodiscard]] bool is_record(std::string_view name);

/// Reads all tables of one name: the value of "honeypot" or "agent" at the top of the file.
[[nodiscard]] std::expected<void, ConfigError> read_records(ConfigDraft& draft, std::string_view name,
                                                            const toml::node& node,
                                                            const std::filesystem::path& folder);

}  // namespace honeyswitch::control
