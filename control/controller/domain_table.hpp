// What is known of each prefix: who watches it, and whether it is a known domain, an unknown one, or dark.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "control/controller/domain_reports.hpp"
#include "control/events/event_names.hpp"

namespace honeyswitch::control {

enum class DomainState : std::uint8_t { unknown, known, dark };

struct Domain {
    bool dark = false;         ///< the configuration says that it needs no agent
    bool granted = false;      ///< the configuration grants it to an agent
    bool in_switch = false;    ///< the switch has a flow for it
    std::set<AgentId> agents;  ///< those that watch it and have swept it
    DomainState state = DomainState::unknown;
    TimePoint since;
    std::optional<TimePoint> swept{};  ///< the latest sweep by an agent

    [[nodiscard]] DomainState wanted_state() const {
        if (dark) return DomainState::dark;
        return agents.empty() ? DomainState::unknown : DomainState::known;
    }
};

/// One of the agents that watch it, as events call agents; none: no agent does.
[[nodiscard]] inline std::optional<VoucherNumber> sweeper_of(const Domain& domain) {
    if (domain.agents.empty()) return std::nullopt;
    return VoucherNumber{std::to_underlying(*domain.agents.begin())};
}

using DomainTable = std::map<Ipv4Prefix, Domain>;

/// A domain whose destinations are diverted unless they are active.
[[nodiscard]] constexpr bool diverts(DomainState state) {
    return state != DomainState::unknown;
}

}  // namespace honeyswitch::control
