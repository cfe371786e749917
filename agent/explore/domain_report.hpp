// What is reported of a domain.
#pragma once

#include "agent/wire/address_set.hpp"

namespace honeyswitch::agent {

/// The domain's watcher writes it, the reporter of each controller reads it.
struct DomainReport {
    explicit DomainReport(Ipv4Prefix domain) : active(domain) {}

    AddressSet active;
    /// The domain was swept completely, and nothing since made the agent doubt that it sees every host.
    /// Before, the controller must not take any address for inactive.
    bool swept = false;
};

}  // namespace honeyswitch::agent
