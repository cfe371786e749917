#include "agent/report/latency.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace honeyswitch::agent {

unsigned Latency::bucket_of(std::uint64_t nanoseconds) {
    if (nanoseconds < steps) return static_cast<unsigned>(nanoseconds);
    const auto exponent = static_cast<unsigned>(std::bit_width(nanoseconds)) - 5;  // leaves 16 to 31
    return exponent * steps + static_cast<unsigned>(nanoseconds >> exponent);
}

std::uint64_t Latency::upper_bound_of(unsigned bucket) {
    if (bucket < 2 * steps) return bucket;
    const auto exponent = bucket / steps - 1;
    return ((std::uint64_t{bucket % steps + steps} + 1) << exponent) - 1;
}

void Latency::record(Clock::duration duration) {
    duration = std::max(duration, Clock::duration::zero());
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
    ++counts_.at(bucket_of(static_cast<std::uint64_t>(nanoseconds)));
    ++count_;
    maximum_ = std::max(maximum_, duration);
}

Clock::duration Latency::percentile(double fraction) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
    std::uint64_t passed = 0;
    for (unsigned bucket = 0; bucket < buckets && count_ > 0; ++bucket) {
        passed += counts_.at(bucket);
        if (passed >= rank)
            return std::min<Clock::duration>(std::chrono::nanoseconds(upper_bound_of(bucket)), maximum_);
    }
    return Clock::duration::zero();
}

}  // namespace honeyswitch::agent
