// The command line of honeyswitch: flags over file over defaults.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/declined.hpp"
#include "control/config/config.hpp"

namespace honeyswitch::control {

/// What main starts with.
struct Launch {
    Config config;
    bool check = false;                 ///< only say what a start would say of configuration and machine
    std::vector<std::string> warnings;  ///< sentences for the log
};

/// Reads the command line and the configuration file it names. A list given on the command line replaces the
/// file's. Neither prints nor exits.
[[nodiscard]] std::expected<Launch, Declined> parse_options(int argc, const char* const* argv);

}  // namespace honeyswitch::control
