// The parts of the configuration file that may be repeated: [[honeypot]], [[rule]] and their like.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>
#include <vector>

#include <toml++/toml.h>

#include "control/config/config_draft.hpp"

namespace honeyswitch::control {

/// The names of tables that may be repeated.
[[nodiscard]] std::vector<std::string_view> record_names();

/// Reads all tables of one name, one of record_names(): the value of "honeypot" at the top of the file. Names
/// of pools, lists and ports are left as references, since what they stand for may come later.
[[nodiscard]] std::expected<void, Complaint> read_records(ConfigDraft& draft, std::string_view name,
                                                          const toml::node& node,
                                                          const std::filesystem::path& folder);

}  // namespace honeyswitch::control
