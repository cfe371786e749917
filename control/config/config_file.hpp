// The configuration file, in TOML. The tables and keys are those of the table of settings (setting.hpp), and
// the records (config_records.hpp).
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

#include "control/config/config_check.hpp"
#include "control/config/config_draft.hpp"

namespace honeyswitch::control {

/// Reads a file on top of the defaults. Errors are all that the file has, one of each record. Every value is
/// valid by itself and key files are read; the names of pools, lists and ports, and the rules that concern
/// several values, are left to finish_config, as the command line may still change some.
[[nodiscard]] std::expected<ConfigDraft, Complaint> read_config_file(const std::filesystem::path& path);

/// The same for a text at hand. Errors say `path`, and key files are looked up in its folder.
[[nodiscard]] std::expected<ConfigDraft, Complaint> read_config_text(std::string_view text,
                                                                     const std::filesystem::path& path);

/// Reads and checks a file that stands alone.
[[nodiscard]] std::expected<CheckedConfig, Complaint> load_config(const std::filesystem::path& path);

}  // namespace honeyswitch::control
