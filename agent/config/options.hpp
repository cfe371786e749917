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

struct DomainSpec {
    std::optional<Ipv4Prefix> prefix;   ///< none: of the interface's address
    std::vector<Ipv4Address> gateways;  ///< active whatever ARP says, as `always` of the options
    DomainOptions options;              ///< with the prefix still empty
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
