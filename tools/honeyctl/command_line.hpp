// What honeyctl was told to do.
#pragma once

#include <expected>
#include <string>

#include "base/declined.hpp"
#include "tools/honeyctl/commands.hpp"

namespace honeyswitch::honeyctl {

struct CommandLine {
    std::string socket;
    Selection selection;
    double watch_seconds = 0;  ///< 0: once
    const Command* command = nullptr;
};

[[nodiscard]] std::expected<CommandLine, Declined> parse_command_line(int argc, const char* const* argv);

}  // namespace honeyswitch::honeyctl
