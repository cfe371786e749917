// A burst as a word: bit i says something of its packet i. What is asked of each packet is so asked of all of
// them at once, and without a branch that a mixed burst would make the CPU guess wrong.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <immintrin.h>

#include "dataplane/eal/burst.hpp"

namespace honeyswitch::dataplane {

using BurstMask = std::uint64_t;
static_assert(burst_size == 64);

/// Packets 0 to count - 1. Precondition: 1 <= count <= burst_size.
[[nodiscard]] constexpr BurstMask whole_burst(std::size_t count) {
    return ~BurstMask{0} >> (burst_size - count);
}

/// Those whose byte has any of `bits`. Bytes of no packet may be anything, and so is what is said of them.
[[nodiscard]] inline BurstMask having_any(const std::array<std::uint8_t, burst_size>& bytes,
                                          std::uint8_t bits) {
    const __m256i wanted = _mm256_set1_epi8(static_cast<char>(bits));
    const auto without = [&](std::size_t first) {
        const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes.data() + first));
        const __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(half, wanted), _mm256_setzero_si256());
        return BurstMask{static_cast<std::uint32_t>(_mm256_movemask_epi8(none))};
    };
    return ~(without(0) | without(32) << 32);
}

/// Those whose word is 0; likewise.
[[nodiscard]] inline BurstMask having_zero(const std::array<std::uint32_t, burst_size>& words) {
    BurstMask mask = 0;
    for (std::size_t i = 0; i < burst_size; i += 8) {
        const __m256i eight = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words.data() + i));
        const __m256i zero = _mm256_cmpeq_epi32(eight, _mm256_setzero_si256());
        mask |= BurstMask{static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(zero)))} << i;
    }
    return mask;
}

/// Without its first `count` packets.
[[nodiscard]] constexpr BurstMask beyond(BurstMask mask, unsigned count) {
    if (static_cast<unsigned>(std::popcount(mask)) <= count) return 0;
    for (; count > 0; --count) mask &= mask - 1;
    return mask;
}

/// What the mask says of the packets of `chosen`, for a burst of these packets alone.
[[nodiscard]] inline BurstMask of_chosen(BurstMask mask, BurstMask chosen) {
    return _pext_u64(mask, chosen);
}

/// Whether packet `i` is in the mask.
[[nodiscard]] constexpr bool has(BurstMask mask, std::size_t i) {
    return (mask >> i & 1U) != 0;
}

/// Calls `each(i)` for the packets of the mask, in order.
template <typename Function>
void for_each(BurstMask mask, Function each) {
    for (; mask != 0; mask &= mask - 1) each(static_cast<std::size_t>(std::countr_zero(mask)));
}

}  // namespace honeyswitch::dataplane
