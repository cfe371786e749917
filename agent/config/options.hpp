// What the agent is to do: from its configuration file and its command line.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "agent/explore/domain_options.hpp"
#include "agent/vouchers/lease_file.hpp"
#include "agent/wire/key.hpp"

namespace honeyswitch::agent {

/// What the durations of a domain may be, in the file as on the command line.
struct DurationRange {
    Milliseconds least, most;
};
inline constexpr Milliseconds longest_duration = std::chrono::hours(7 * 24);
inline constexpr DurationRange sweep_interval_range{std::chrono::seconds(1), longest_duration};
inline constexpr DurationRange sweep_patience_range{Milliseconds(10), std::chrono::hours(1)};
inline constexpr DurationRange probe_interval_range{Milliseconds(10), std::chrono::hours(1)};
inline constexpr DurationRange probe_hold_range{Milliseconds(0), longest_duration};

struct DomainSpec {
    std::optional<Ipv4Prefix> prefix;  ///< none: of the interface's address
    DomainOptions options;             ///< with the prefix still empty
};

struct AgentOptions {
    std::string name;
    std::filesystem::path key_file;
    std::vector<std::string> controllers;  ///< HOST:PORT
    std::vector<DomainSpec> domains;
    std::vector<LeaseSource> leases;
    std::vector<std::filesystem::path> static_lists;
    std::filesystem::path status_socket;  ///< empty: none
    std::string user;                     ///< to run as after start; empty: whoever started it
    bool dry_run = false;                 ///< says what would be reported, and to nobody
    std::string log_level = "info";
};

}  // namespace honeyswitch::agent
