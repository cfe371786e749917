// A bounded memory of flows that workers write: which were seen lately, and a few bits about each.
//
// Eight entries of eight bytes are a bucket, one cache line. An entry is one word, replaced atomically: 32
// bits that tell flows of a bucket apart, when the flow was last noted, and 17 bits for the owner. What is
// forgotten first is what is too old, then what has gone unnoted for the longest. Two flows are taken for one
// with a probability of one in 500 million for each look-up; the hash is keyed (SessionHash::wide), so nobody
// can aim at it.
//
// When a flow was noted is kept in so few bits that it comes round after 2.3 hours. What is older than the
// lifetime is taken out long before that, by a sweep of the control thread (`forget_old`), so that workers
// need not think of it.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include <rte_malloc.h>

#include "base/error.hpp"
#include "base/stamp.hpp"
#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {

class FlowCache {
  public:
    static constexpr unsigned value_bits = 17;

    static constexpr std::uint32_t longest_lifetime_ms = 2 * 3'600 * 1'000;

    /// Room for `flows` at once, rounded up to a power of two. `lifetime_ms` at most `longest_lifetime_ms`.
    [[nodiscard]] static std::expected<FlowCache, Error> create(const char* name, std::uint32_t flows,
                                                                std::uint32_t lifetime_ms) {
        const std::uint32_t buckets = rte_align32pow2(std::max(flows, std::uint32_t{ways})) / ways;
        Bucket* const memory = allocate_array<Bucket>(name, buckets);
        if (memory == nullptr) return std::unexpected(Error{"allocate", name, "out of memory"});
        return FlowCache(memory, buckets - 1, lifetime_ms / unit_ms);
    }
    [[nodiscard]] static std::uint64_t memory_needed(std::uint32_t flows) {
        return std::uint64_t{rte_align32pow2(flows)} * sizeof(Entry);
    }

    // Any thread. `hash`: of the flow's key. `now`: milliseconds of the switch's clock.

    /// The value that was noted for this flow within the lifetime.
    [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t hash, std::uint32_t now) const {
        if (idle(now)) return std::nullopt;
        const auto found = matching(bucket_of(hash), hash, now);
        return found ? std::optional(value(found->word)) : std::nullopt;
    }

    /// The flow's bucket is about to be asked for.
    void prefetch(std::uint64_t hash) const { __builtin_prefetch(&bucket_of(hash), 1); }

    /// Notes the flow, with `change(old value)` for one that is there and `change(nullopt)` for one that is
    /// not. Returns whether it was there.
    template <typename Change>
    bool note(std::uint64_t hash, std::uint32_t now, Change change) {
        if (const std::uint32_t unit = now >> unit_shift | 1U << 31;
            latest_->load(std::memory_order_relaxed) != unit)
            latest_->store(unit, std::memory_order_relaxed);
        Bucket& bucket = bucket_of(hash);
        if (const auto found = matching(bucket, hash, now)) {
            store(bucket.entries[found->place], hash, now, change(std::optional(value(found->word))),
                  found->word);
            return true;
        }
        store(bucket.entries[oldest(bucket, now)], hash, now, change(std::optional<std::uint32_t>()), 0);
        return false;
    }

    /// Control thread, in each of its turns: takes out what is older than the lifetime, from as many buckets
    /// as it takes to look at all of them in ten minutes. `now_ms`: of the switch's clock, and never less
    /// than before.
    void forget_old(std::uint64_t now_ms) {
        const std::uint64_t buckets = std::uint64_t{mask_} + 1;
        const std::uint64_t wanted = now_ms * buckets / round_ms;
        // After a pause longer than a round, which leaves nothing to be caught up twice.
        if (wanted > swept_ + buckets) swept_ = wanted - buckets;
        for (unsigned i = 0; i < most_in_a_turn && swept_ < wanted; ++i, ++swept_)
            forget_old(buckets_.get()[swept_ & mask_], static_cast<std::uint32_t>(now_ms));
    }

  private:
    static constexpr unsigned ways = 8, unit_shift = 8, unit_ms = 1U << unit_shift;
    static constexpr std::uint32_t time_mask = 0x7fff;  ///< 15 bits: wraps after 2.3 hours
    static constexpr std::uint64_t round_ms = 600'000;
    static constexpr unsigned most_in_a_turn = 256;
    // What has just become too old is met once more before its time comes round.
    static_assert(longest_lifetime_ms + 2 * std::uint64_t{unit_ms} + round_ms <
                  (std::uint64_t{time_mask} << unit_shift));
    using Entry = std::atomic<std::uint64_t>;  ///< tag 32, time 15, value 17 bits; 0: empty
    struct alignas(64) Bucket {
        Entry entries[ways];
    };
    struct Found {
        unsigned place;
        std::uint64_t word;
    };
    static_assert(sizeof(Bucket) == 64);
    struct Free {
        void operator()(Bucket* memory) const { rte_free(memory); }
    };

    FlowCache(Bucket* memory, std::uint32_t mask, std::uint32_t lifetime)
        : buckets_(memory), mask_(mask), lifetime_(lifetime) {}

    /// Nothing was noted for a lifetime: no bucket needs to be looked at.
    [[nodiscard]] bool idle(std::uint32_t now) const {
        const std::uint32_t latest = latest_->load(std::memory_order_relaxed);
        const std::uint32_t age = Stamp32(latest << unit_shift).age(Stamp32(now)) >> unit_shift;
        return latest == 0 || age > lifetime_;
    }
    [[nodiscard]] Bucket& bucket_of(std::uint64_t hash) const {
        return buckets_.get()[static_cast<std::uint32_t>(hash) & mask_];
    }
    // Which of the eight matches cannot be predicted, so they are compared without a branch for each.
    [[nodiscard]] std::optional<Found> matching(const Bucket& bucket, std::uint64_t hash,
                                                std::uint32_t now) const {
        unsigned matches = 0;
        each_way([&](unsigned i) {
            const std::uint64_t word = bucket.entries[i].load(std::memory_order_relaxed);
            matches |= static_cast<unsigned>(tag(word) == tag(hash)) << i;
        });
        for (; matches != 0; matches &= matches - 1) {
            const auto i = static_cast<unsigned>(std::countr_zero(matches));
            const std::uint64_t word = bucket.entries[i].load(std::memory_order_acquire);
            if (tag(word) == tag(hash) && fresh(word, now)) return Found{i, word};
        }
        return std::nullopt;
    }
    /// Where a worker writes meanwhile, what it writes stays.
    void forget_old(Bucket& bucket, std::uint32_t now) const {
        for (Entry& entry : bucket.entries) {
            std::uint64_t word = entry.load(std::memory_order_relaxed);
            if (word != 0 && !fresh(word, now))
                entry.compare_exchange_strong(word, 0, std::memory_order_relaxed);
        }
    }
    [[nodiscard]] static unsigned oldest(const Bucket& bucket, std::uint32_t now) {
        std::uint32_t greatest = 0;  // age, and in the lowest bits the place
        each_way([&](unsigned i) {
            const std::uint64_t word = bucket.entries[i].load(std::memory_order_relaxed);
            const std::uint32_t age = word == 0 ? time_mask + 1 : age_of(word, now);
            greatest = std::max(greatest, age * ways + i);
        });
        return greatest % ways;
    }
    template <typename Visit>
    static void each_way(Visit visit) {
        [&]<unsigned... i>(std::integer_sequence<unsigned, i...>) {
            (visit(i), ...);
        }(std::make_integer_sequence<unsigned, ways>());
    }
    static std::uint32_t tag(std::uint64_t word) { return static_cast<std::uint32_t>(word >> 32); }
    static std::uint32_t value(std::uint64_t word) {
        return static_cast<std::uint32_t>(word) & ((1U << value_bits) - 1);
    }
    static std::uint32_t age_of(std::uint64_t word, std::uint32_t now) {
        return ((now >> unit_shift) - (static_cast<std::uint32_t>(word) >> value_bits)) & time_mask;
    }
    [[nodiscard]] bool fresh(std::uint64_t word, std::uint32_t now) const {
        // One unit ahead: another worker's clock read a moment later.
        const std::uint32_t age = age_of(word, now);
        return word != 0 && (age <= lifetime_ || age == time_mask);
    }
    static void store(Entry& entry, std::uint64_t hash, std::uint32_t now, std::uint32_t value,
                      std::uint64_t old) {
        const std::uint64_t word = (hash & ~std::uint64_t{0xffffffff}) |
                                   std::uint64_t{(now >> unit_shift & time_mask) << value_bits | value};
        if (word != old) entry.store(word == 0 ? 1 : word, std::memory_order_release);
    }

    std::unique_ptr<Bucket, Free> buckets_;
    std::unique_ptr<std::atomic<std::uint32_t>> latest_ = std::make_unique<std::atomic<std::uint32_t>>(0);
    std::uint32_t mask_;
    std::uint32_t lifetime_;   ///< in units of 256 ms
    std::uint64_t swept_ = 0;  ///< buckets that forget_old has looked at, all its rounds together
};

}  // namespace honeyswitch::dataplane
