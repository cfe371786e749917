// The controller's account of the sessions: it adds them and lets them expire, follows how far each came, and
// remembers what their sources did.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/system/large_array.hpp"
#include "control/controller/control_counters.hpp"
#include "control/controller/flow_numbers.hpp"
#include "control/controller/idle_wheel.hpp"
#include "control/controller/switch.hpp"
#include "control/events/event_bus.hpp"
#include "control/tiers/source_reputation.hpp"
#include "dataplane/tables/progress.hpp"

namespace honeyswitch::control {

/// Control thread.
class SessionBook {
  public:
    /// `events` is told of sources that a tier moves, of sessions that come further, and of each that ends.
    SessionBook(const Switch& the_switch, ControlCounters& counters, EventBus& events,
                Milliseconds idle_timeout, std::uint32_t reputation_capacity, std::span<const Tier> tiers);

    /// Of a reload. Reputations begin anew if the tiers differ; what the former ones moved is moved back in
    /// portions, by tick().
    void reconfigure(Milliseconds idle_timeout, std::uint32_t reputation_capacity,
                     std::span<const Tier> tiers, bool tiers_differ);

    /// A session from outside. `diverted_before`: packets of it were diverted without a session, and are in
    /// another tally. nullopt: the table is full.
    [[nodiscard]] std::optional<FlowId> add(const SessionFlow& session, bool diverted_before, TimePoint now);
    /// A flow that is nobody's attack: companions of fragments, flows of a honeypot's own.
    [[nodiscard]] std::optional<FlowId> add_unaccounted(SessionFlow session, TimePoint now);
    /// How a session that was just added began; it gets its number, and whoever listens is told.
    void begun(FlowId flow, const SessionFlow& session, const SessionOrigin& origin, TimePoint now);
    /// Somebody may want to know the smallest thing about sessions.
    [[nodiscard]] bool told_of_sessions() const {
        return events_.wanted(EventType::session_begin) || events_.wanted(EventType::session_end);
    }

    /// A session of before a restart, as it was. What it did is in the tally of that time. nullopt: the table
    /// is full.
    [[nodiscard]] std::optional<FlowId> restore(const SessionRecord& session);

    /// Where a new session of this source goes that would otherwise go to `pool`.
    [[nodiscard]] PoolId pool_for(Ipv4Address source, PoolId pool, TimePoint now) const;

    /// Expiry, progress and reputations: a bounded amount of work. Returns whether there was any.
    bool tick(TimePoint now);
    /// Brings the tally up to date for `count` places of the table from `first` on.
    void account(std::uint32_t first, std::uint32_t count, TimePoint now);

    /// The number that names the session for good. Precondition: it exists.
    [[nodiscard]] std::uint64_t flow_id(FlowId flow) const {
        return origins_[std::to_underlying(flow)].flow_id;
    }
    /// How far sessions came; up to date for those that have ended.
    [[nodiscard]] const dataplane::ProgressTally& tally() const { return *tally_; }
    [[nodiscard]] const SourceReputation& reputation() const { return reputations_; }

  private:
    /// Returns whether it came further since the last time.
    bool account(FlowId flow, TimePoint now);
    [[nodiscard]] SessionOrigin& origin_of(FlowId flow) { return origins_[std::to_underlying(flow)]; }
    [[nodiscard]] SessionName name_of(FlowId flow, const SessionStats& stats);
    [[nodiscard]] SessionCourse course_of(FlowId flow, const SessionStats& stats, TimePoint now);
    void tell_of_step(FlowId flow, TimePoint now);
    void tell_of_ends(std::span<const FlowId> flows, TimePoint now);
    void count(const SessionKey& key, Step before, Step after);
    void move(Ipv4Address source, TimePoint now);
    bool forget_former_tiers(TimePoint now);
    [[nodiscard]] bool take_payloads(TimePoint now);
    [[nodiscard]] bool expire(TimePoint now);

    FlowTable& flows_;
    SessionAccounts& accounts_;
    Placement& placement_;
    ControlCounters& counters_;
    EventBus& events_;
    IdleWheel wheel_;
    LargeArray<SessionOrigin> origins_;  ///< by FlowId; of those that exist
    FlowNumbers numbers_;
    SourceReputation reputations_;
    /// Of tiers that a reload has replaced, until all that they moved is moved back.
    struct Former {
        SourceReputation reputations;
        SourceReputation::Cursor walk;
    };
    std::deque<Former> former_;
    std::vector<Tier> tiers_;
    std::unique_ptr<dataplane::ProgressTally> tally_ = std::make_unique<dataplane::ProgressTally>();
};

}  // namespace honeyswitch::control
