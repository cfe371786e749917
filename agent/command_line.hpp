// The command line of honeyswitch-agent.
#pragma once

#include <expected>
#include <filesystem>

#include "agent/options.hpp"

namespace honeyswitch::agent {

struct Command {
    std::filesystem::path keygen;  ///< write a key there and exit; empty: run
    AgentOptions options;
};

/// Prints help and errors itself. The error is the exit code: 0 after --help, 2 for bad options.
[[nodiscard]] std::expected<Command, int> parse_command_line(int argc, char** argv);

}  // namespace honeyswitch::agent
