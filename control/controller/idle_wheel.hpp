// Which sessions may be idle by now: a timing wheel (Varghese and Lauck, 1987), since all have the same
// timeout.
//
// A session sits in the slot of the earliest moment at which it can have been idle for long enough. When the
// slot comes up, its last packet decides: expired, or on to the slot of the new moment. Work is done in small
// portions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "control/controller/switch_ids.hpp"

namespace honeyswitch::control {

/// Control thread. Four bytes for each session of the capacity.
class IdleWheel {
  public:
    IdleWheel(std::uint32_t capacity, Milliseconds timeout);

    /// Sessions that are in the wheel keep the moment at which they are looked at: after a shorter timeout
    /// they expire as late as under the old one.
    void set_timeout(Milliseconds timeout) { timeout_ = timeout; }
    [[nodiscard]] Milliseconds timeout() const { return timeout_; }

    /// Precondition: the flow is not in the wheel.
    void insert(FlowId flow, TimePoint last_seen);

    /// Looks at up to `expired.size()` sessions that are due, and returns how many of them have been idle
    /// since `timeout`; those are in `expired`, and in the wheel no more. `last_seen(flow)` is a session's
    /// last packet, or TimePoint::min() for one that is to go in any case.
    template <typename LastSeen>
    [[nodiscard]] std::size_t advance(TimePoint now, std::span<FlowId> expired, LastSeen last_seen) {
        std::size_t count = 0;
        for (std::size_t looked = 0; looked < expired.size() && due(now); ++looked) {
            const FlowId flow = pop();
            const TimePoint seen = last_seen(flow);
            if (seen + timeout_ <= now)
                expired[count++] = flow;
            else
                insert(flow, seen);
        }
        return count;
    }

  private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    static constexpr std::size_t slot_count = 128;

    /// Moves on to the first slot that has something due at `now`. False: there is none.
    [[nodiscard]] bool due(TimePoint now);
    [[nodiscard]] FlowId pop();

    Milliseconds timeout_;
    Milliseconds width_;   ///< of a slot: the wheel holds one timeout and has slots to spare
    TimePoint current_{};  ///< start of the current slot
    std::size_t current_slot_ = 0;
    std::vector<std::uint32_t> heads_;
    std::vector<std::uint32_t> next_;
};

}  // namespace honeyswitch::control
