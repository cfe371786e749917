// How long packets take, in buckets: each power of two of cycles has 32, so that a bucket is 3 % wide at
// most.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "tests/bench/load/shared_page.hpp"

namespace honeyswitch::bench {

/// A frame has room for so many bits of the TSC: 26 hours at 3 GHz.
inline constexpr unsigned stamp_bits = 48;
inline constexpr std::uint64_t stamp_mask = (std::uint64_t{1} << stamp_bits) - 1;

/// The last bucket also has what takes longer (half a minute), and what would have been sent before it came.
/// tests/bench/times.py computes the bounds.
[[nodiscard]] constexpr unsigned bucket_of(std::uint64_t cycles) {
    constexpr unsigned fine_bits = 5;
    constexpr std::uint64_t fine = 1U << fine_bits;
    if (cycles < fine) return static_cast<unsigned>(cycles);
    const auto shift = static_cast<unsigned>(std::bit_width(cycles)) - fine_bits - 1;
    return static_cast<unsigned>(std::min<std::uint64_t>(shift * fine + (cycles >> shift), bucket_count - 1));
}
static_assert(bucket_of(31) == 31 && bucket_of(32) == 32 && bucket_of(63) == 63 && bucket_of(65) == 64);
static_assert(bucket_of(2500) == 231 && bucket_of(~std::uint64_t{0}) == bucket_count - 1);

}  // namespace honeyswitch::bench
