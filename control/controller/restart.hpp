// What a controller that ends hands to the one that begins after it, beside sessions (SessionRecord).
#pragma once

#include "base/address.hpp"
#include "base/clock.hpp"
#include "control/controller/domain_reports.hpp"

namespace honeyswitch::control {

/// An address that is active as it was seen to speak.
struct SightingRecord {
    Ipv4Address address;
    bool asked = false;  ///< whether it still speaks
    TimePoint due;       ///< when it is asked, or when the answer decides

    friend bool operator==(const SightingRecord&, const SightingRecord&) = default;
};

/// An agent watches a domain, or did until it fell silent.
struct WatchRecord {
    AgentId agent{};
    Ipv4Prefix domain;
    TimePoint lapse;  ///< when what it vouches for there ends, unless it is heard

    friend bool operator==(const WatchRecord&, const WatchRecord&) = default;
};

/// Why a session is not put back.
enum class SessionLoss : std::uint8_t {
    expired,   ///< it was idle for its timeout, if not longer
    live,      ///< the configuration says that its address is active
    not_dark,  ///< its address is in no domain any more
    no_room,   ///< in the tables
    twice,     ///< it is there already
    count_,
};

}  // namespace honeyswitch::control
