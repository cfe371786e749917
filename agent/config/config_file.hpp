// The agent's configuration file (TOML; conf/honeyswitch-agent.toml explains every setting).
#pragma once

#include <expected>
#include <filesystem>

#include "agent/config/options.hpp"
#include "base/error.hpp"

namespace honeyswitch::agent {

/// The object of an error is "FILE:LINE". Relative paths in the file are relative to its folder.
[[nodiscard]] std::expected<AgentOptions, Error> read_config(const std::filesystem::path& path);

}  // namespace honeyswitch::agent
