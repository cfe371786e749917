// The command line of honeyswitch-agent.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <vector>

#include "agent/config/options.hpp"
#include "base/declined.hpp"

namespace honeyswitch::agent {

enum class Task : std::uint8_t {
    run,
    check,   ///< validate and exit
    keygen,  ///< write a new key and exit
    status,  ///< print what a running agent says of itself
};

/// What main starts with.
struct Launch {
    Task task = Task::run;
    std::filesystem::path path;  ///< of the new key, or of the status socket
    AgentOptions options;
    std::vector<Complaint> warnings{};  ///< of words that have changed
};

inline constexpr const char* default_status_socket = "/run/honeyswitch-agent/status.sock";

/// Reads the command line and the configuration file it names. A list given on the command line replaces the
/// file's, and an --interface all of its domains. Neither prints nor exits.
[[nodiscard]] std::expected<Launch, Declined> parse_command_line(int argc, const char* const* argv);

}  // namespace honeyswitch::agent
