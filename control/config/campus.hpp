// What of the Internet is the campus, as the configuration says it in several places.
#pragma once

#include <vector>

#include "control/config/config.hpp"

namespace honeyswitch::control {

/// The domains that are, or can become, known: dark prefixes, then grants.
[[nodiscard]] std::vector<Ipv4Prefix> possible_domains(const Config& config);

/// Where nothing of a honeypot goes: possible domains, active prefixes, and what `campus` adds to them.
[[nodiscard]] std::vector<Ipv4Prefix> campus_of(const Config& config);

}  // namespace honeyswitch::control
