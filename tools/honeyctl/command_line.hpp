// What honeyctl was told to do.
#pragma once

#include <expected>
#include <string>

#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

inline constexpr int failed = 1, bad_options = 2;  ///< exit codes

struct CommandLine {
    std::string socket;
    Selection selection;
    double watch_seconds = 0;  ///< 0: once
    const Command* command = nullptr;
};

/// There is nothing to do but to say this and to leave.
struct Ending {
    int code = 0;
    std::string output;  ///< help or version
    std::string error;   ///< a sentence
};

[[nodiscard]] std::expected<CommandLine, Ending> parse_command_line(int argc, const char* const* argv);

}  // namespace honeyswitch::honeyctl
