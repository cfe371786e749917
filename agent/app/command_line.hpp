// The command line of honeyswitch-agent.
#pragma once

#include <expected>
#include <filesystem>

#include "agent/config/options.hpp"

namespace honeyswitch::agent {

enum class Task : std::uint8_t {
    run,
    check,   ///< validate and exit
    keygen,  ///< write a new key and exit
    status,  ///< print what a running agent says of itself
};

struct Command {
    Task task = Task::run;
    std::filesystem::path path;  ///< of the new key, or of the status socket
    AgentOptions options;
};

inline constexpr const char* default_status_socket = "/run/honeyswitch-agent/status.sock";

/// Prints help and errors itself. The error is the exit code: 0 after --help, 2 for bad options.
[[nodiscard]] std::expected<Command, int> parse_command_line(int argc, char** argv);

}  // namespace honeyswitch::agent
