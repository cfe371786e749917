// The tables of the agent's settings: of the agent itself, of a domain and of a file with leases.
#pragma once

#include <span>

#include "agent/config/options.hpp"
#include "base/settings/setting.hpp"

namespace honeyswitch::agent {

/// Keys at the top of the file, and options.
[[nodiscard]] std::span<const SettingOf<AgentOptions>> agent_settings();
/// Keys of [[domain]] and of the tables in it, and options, which have the table in their names.
[[nodiscard]] std::span<const SettingOf<DomainSpec>> domain_settings();
/// Keys of [[leases]]. There are no options for them.
[[nodiscard]] std::span<const SettingOf<LeaseSource>> lease_settings();

}  // namespace honeyswitch::agent
