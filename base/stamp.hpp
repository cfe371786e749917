// Moments in 32 bits, as records and tables keep them: milliseconds of the switch's clock, modulo 2^32.
#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace honeyswitch {

/// A stamp is told apart from another for 49.7 days. Who has to know for longer folds it (FoldedStamp).
class Stamp32 {
  public:
    constexpr explicit Stamp32(std::uint32_t milliseconds) : milliseconds_(milliseconds) {}
    [[nodiscard]] static constexpr Stamp32 of(TimePoint time) {
        return Stamp32(static_cast<std::uint32_t>(time.time_since_epoch().count()));
    }

    [[nodiscard]] constexpr std::uint32_t milliseconds() const { return milliseconds_; }
    /// Milliseconds from this stamp to `now`, up to 49.7 days less a minute. 0 where another thread, whose
    /// clock was read up to a minute later, has made the stamp.
    [[nodiscard]] constexpr std::uint32_t age(Stamp32 now) const {
        const std::uint32_t passed = now.milliseconds_ - milliseconds_;
        return passed >= 0U - most_ahead ? 0 : passed;
    }
    /// The moment that this stamp means at `now`.
    [[nodiscard]] constexpr TimePoint before(TimePoint now) const { return now - Milliseconds{age(of(now))}; }

  private:
    static constexpr std::uint32_t most_ahead = 60'000;
    std::uint32_t milliseconds_;
};

/// A stamp that others renew, followed for any length of time by who looks at it more often than every 49
/// days.
class FoldedStamp {
  public:
    /// `stamp` is what is there now; 0: never.
    constexpr void look(Stamp32 stamp, TimePoint now) {
        if (stamp.milliseconds() == seen_) return;
        seen_ = stamp.milliseconds();
        moment_ = stamp.before(now);
    }
    /// What was seen so far is somebody else's.
    constexpr void forget() { moment_.reset(); }
    /// nullopt: never.
    [[nodiscard]] constexpr std::optional<TimePoint> moment() const { return moment_; }

  private:
    std::uint32_t seen_ = 0;
    std::optional<TimePoint> moment_;
};

}  // namespace honeyswitch
