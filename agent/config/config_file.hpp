// The agent's configuration file (TOML; conf/honeyswitch-agent.toml explains every setting).
#pragma once

#include <expected>
#include <filesystem>

#include "agent/config/options_draft.hpp"

namespace honeyswitch::agent {

/// Reads a file on top of the defaults. Every value is valid by itself; what concerns several is left to
/// check_domains, as the command line may still change some. Relative paths are relative to its folder.
[[nodiscard]] std::expected<OptionsDraft, Complaint> read_config(const std::filesystem::path& path);

}  // namespace honeyswitch::agent
