// How long it took from an address's first ARP to the controller's acknowledgement, as a distribution.
#pragma once

#include <array>
#include <cstdint>

#include "base/clock.hpp"

namespace honeyswitch::agent {

/// A histogram with 16 buckets to each power of two: a percentile is at most 1/16 too high, never too low.
class Latency {
  public:
    void record(Clock::duration duration);

    [[nodiscard]] std::uint64_t count() const { return count_; }
    [[nodiscard]] Clock::duration maximum() const { return maximum_; }
    /// The duration that `fraction` of all are not longer than; 0 when there are none. 0 < fraction <= 1.
    [[nodiscard]] Clock::duration percentile(double fraction) const;

  private:
    static constexpr unsigned steps = 16;
    static constexpr unsigned buckets = 64 * steps;

    [[nodiscard]] static unsigned bucket_of(std::uint64_t nanoseconds);
    [[nodiscard]] static std::uint64_t upper_bound_of(unsigned bucket);

    std::array<std::uint64_t, buckets> counts_{};
    std::uint64_t count_ = 0;
    Clock::duration maximum_{};
};

}  // namespace honeyswitch::agent
