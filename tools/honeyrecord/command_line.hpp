// The command line of honeyrecord.
#pragma once

#include <expected>
#include <filesystem>
#include <vector>

#include "base/declined.hpp"
#include "tools/honeyrecord/config/record_config.hpp"

namespace honeyswitch::record {

/// What main starts with.
struct Launch {
    bool check = false;  ///< validate and exit
    RecordConfig config;
    std::vector<Complaint> warnings{};  ///< of words that have changed
};

/// Reads the command line and the configuration file that it names; what the command line says comes before
/// the file. A reload does it again. Neither prints nor exits.
[[nodiscard]] std::expected<Launch, Declined> parse_command_line(int argc, const char* const* argv);

}  // namespace honeyswitch::record
