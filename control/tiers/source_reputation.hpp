// What each attacker's address did lately, and the pool that the tiers of the configuration move it to.
//
// There is one ReputationTable for each length of window that tiers have, usually one: 128 bytes for each
// source it can remember. Numbers of sessions and of sessions with payload are exact as long as the source is
// remembered; numbers of destinations are estimates, with the error of distinct_count.hpp.
//
// The data plane keeps the sources that tiers have moved, so it has to learn of each change: session_began()
// and payload_sent() say when a source reaches a tier, expire() when it no longer does. Between the two the
// source is never forgotten. Control thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "base/limits.hpp"
#include "control/config/policy.hpp"
#include "control/tiers/reputation_table.hpp"

namespace honeyswitch::control {

class SourceReputation {
  public:
    /// The memory is had here. Without tiers there is none. Precondition: tiers.size() <= limits::tiers.
    SourceReputation(std::uint32_t capacity, std::span<const Tier> tiers,
                     ReputationSecret secret = ReputationSecret::random());

    /// Once for each session. True: the source has reached a tier that it had not, so pool_for() may answer
    /// otherwise than before.
    [[nodiscard]] bool session_began(Ipv4Address source, Ipv4Address destination, TimePoint now);
    /// Once for each session, when it reaches dataplane::Step::payload. Returns as session_began().
    [[nodiscard]] bool payload_sent(Ipv4Address source, TimePoint now);

    /// Where a new session of the source goes that would otherwise go to `pool`: the tiers are tried in
    /// order, so that one can go on from where another led. Indices in Config::pools.
    [[nodiscard]] std::size_t pool_for(Ipv4Address source, std::size_t pool, TimePoint now) const;

    /// Looks at the next `places` places, and only if half a window has passed since it last saw all of them.
    /// `fell_back` is called for each source that had reached a tier and no longer does; ask pool_for()
    /// whether another still holds it. A source falls back at the latest a window after it last did anything,
    /// and as long as the table takes to be looked at.
    void expire(TimePoint now, std::size_t places, const std::function<void(Ipv4Address)>& fell_back);

    /// Where a walk over all places has come to.
    struct Cursor {
        std::size_t window = 0;
        std::uint32_t place = 0;
    };
    /// Each source that has reached a tier and of which expire() has not told, among the next `places` places
    /// of `cursor`, but `most` of them at most; of several windows, perhaps more than once. Returns whether
    /// there are more places.
    bool each_reached(Cursor& cursor, std::size_t places, std::size_t most,
                      const std::function<void(Ipv4Address)>& visit) const;

    struct Numbers {
        std::uint32_t sessions = 0, payload_sessions = 0;
        double destinations = 0;  ///< estimated
    };
    /// Within the last `window`, which must be that of a tier; otherwise all are 0.
    [[nodiscard]] Numbers numbers(Ipv4Address source, Milliseconds window, TimePoint now) const;

    /// Sources that are remembered, with those that expire() has not yet come to.
    [[nodiscard]] std::uint32_t size() const;
    [[nodiscard]] std::size_t bytes() const;

  private:
    /// A bit for each tier.
    using Reached = std::uint32_t;
    static_assert(limits::tiers <= std::numeric_limits<Reached>::digits);

    struct Mark {
        Tier tier;
        std::uint32_t destination_bits;  ///< that mean tier.destinations
        std::size_t table;               ///< of its window
    };
    struct Window {
        ReputationTable table;
        std::uint32_t looked_in = 0;  ///< the half in which expire() began to look at all places
        std::uint32_t next = 0;       ///< the place it looks at next
    };

    [[nodiscard]] std::size_t table_for(Milliseconds window, std::uint32_t capacity);
    [[nodiscard]] Reached reached(std::size_t table, ReputationTable::Place place, TimePoint now) const;
    [[nodiscard]] bool note_reached(std::size_t table, ReputationTable::Place place, TimePoint now);
    void look_at(std::size_t table, ReputationTable::Place place, TimePoint now,
                 const std::function<void(Ipv4Address)>& fell_back);

    ReputationSecret secret_;
    std::vector<Window> windows_;
    std::vector<Mark> marks_;  ///< in the order of the configuration
};

}  // namespace honeyswitch::control
