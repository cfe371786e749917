// A bounded memory of flows that workers write: which were seen lately, and a few bits about each.
//
// Eight entries of eight bytes are a bucket, one cache line. An entry is one word, replaced atomically: 32
// bits that tell flows of a bucket apart, when the flow was last noted, and 17 bits for the owner. What is
// forgotten first is what is too old, then what has gone unnoted for the longest. Two flows are taken for one
// with a probability of one in 500 million for each look-up; the hash is keyed, so nobody can aim at it.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>

#include <rte_malloc.h>

#include "dataplane/error.hpp"
#include "dataplane/hash.hpp"
#include "dataplane/memory.hpp"

namespace honeyswitch::dataplane {

class FlowCache {
  public:
    static constexpr unsigned value_bits = 17;

    /// Room for `flows` at once, rounded up to a power of two. `lifetime_ms` at most 2 hours.
    [[nodiscard]] static std::expected<FlowCache, Error> create(const char* name, std::uint32_t flows,
                                                                std::uint32_t lifetime_ms) {
        SessionHash::Secret secret;
        if (!draw_secret(secret))
            return std::unexpected(Error{"draw", "the secret of a hash", "getrandom failed"});
        const std::uint32_t buckets = rte_align32pow2(std::max(flows, std::uint32_t{ways})) / ways;
        Bucket* const memory = allocate_array<Bucket>(name, buckets);
        if (memory == nullptr) return std::unexpected(Error{"allocate", name, "out of memory"});
        return FlowCache(memory, buckets - 1, lifetime_ms / unit_ms, secret);
    }
    [[nodiscard]] static std::uint64_t memory_needed(std::uint32_t flows) {
        return std::uint64_t{rte_align32pow2(flows)} * sizeof(Entry);
    }

    // Any thread. `now`: milliseconds of the switch's clock.

    /// The value that was noted for this flow within the lifetime.
    [[nodiscard]] std::optional<std::uint32_t> find(const SessionKey& key, std::uint32_t now) const {
        if (idle(now)) return std::nullopt;
        const std::uint64_t hash = hash_.wide(key);
        for (const Entry& entry : bucket_of(hash)) {
            const std::uint64_t word = entry.load(std::memory_order_acquire);
            if (tag(word) == tag(hash) && fresh(word, now)) return value(word);
        }
        return std::nullopt;
    }

    /// The flow's bucket is about to be asked for.
    void prefetch(const SessionKey& key) const { __builtin_prefetch(&bucket_of(hash_.wide(key)), 1); }

    /// Notes the flow, with `change(old value)` for one that is there and `change(nullopt)` for one that is
    /// not. Returns whether it was there.
    template <typename Change>
    bool note(const SessionKey& key, std::uint32_t now, Change change) {
        if (const std::uint32_t unit = now >> unit_shift | 1U << 31;
            latest_->load(std::memory_order_relaxed) != unit)
            latest_->store(unit, std::memory_order_relaxed);
        const std::uint64_t hash = hash_.wide(key);
        Entry* place = nullptr;
        std::uint32_t greatest_age = 0;
        for (Entry& entry : bucket_of(hash)) {
            const std::uint64_t word = entry.load(std::memory_order_acquire);
            if (tag(word) == tag(hash) && fresh(word, now)) {
                store(entry, hash, now, change(std::optional(value(word))), word);
                return true;
            }
            const std::uint32_t age = word == 0 ? ~0U : age_of(word, now) + 1;
            if (age > greatest_age) {
                greatest_age = age;
                place = &entry;
            }
        }
        store(*place, hash, now, change(std::optional<std::uint32_t>()), 0);
        return false;
    }

  private:
    static constexpr unsigned ways = 8, unit_shift = 8, unit_ms = 1U << unit_shift;
    static constexpr std::uint32_t time_mask = 0x7fff;  ///< 15 bits: wraps after 2.3 hours
    using Entry = std::atomic<std::uint64_t>;           ///< tag 32, time 15, value 17 bits; 0: empty
    struct alignas(64) Bucket {
        Entry entries[ways];
        [[nodiscard]] Entry* begin() { return entries; }
        [[nodiscard]] Entry* end() { return entries + ways; }
    };
    static_assert(sizeof(Bucket) == 64);
    struct Free {
        void operator()(Bucket* memory) const { rte_free(memory); }
    };

    FlowCache(Bucket* memory, std::uint32_t mask, std::uint32_t lifetime, const SessionHash::Secret& secret)
        : buckets_(memory), mask_(mask), lifetime_(lifetime), hash_(secret) {}

    /// Nothing was noted for a lifetime: no bucket needs to be looked at.
    [[nodiscard]] bool idle(std::uint32_t now) const {
        const std::uint32_t latest = latest_->load(std::memory_order_relaxed);
        const auto age = static_cast<std::int32_t>((now >> unit_shift) - (latest & ~0U >> 1));
        return latest == 0 || age < -1 || age > static_cast<std::int32_t>(lifetime_);
    }
    [[nodiscard]] Bucket& bucket_of(std::uint64_t hash) const {
        return buckets_.get()[static_cast<std::uint32_t>(hash) & mask_];
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
    std::uint32_t lifetime_;  ///< in units of 256 ms
    SessionHash hash_;
};

}  // namespace honeyswitch::dataplane
