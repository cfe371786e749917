// Which honeypot a new session, or a packet without one, goes to: each pool is a table of slots, and a hash
// of the session's addresses chooses the slot.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "base/limits.hpp"
#include "dataplane/tables/hash.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// Which part of a session's addresses chooses the slot.
enum class Affinity : std::uint8_t { source, destination, session };

/// Index of a pool: 0 to PoolTable::capacity - 1. The first is the default.
using PoolIndex = std::uint8_t;

/// One writer, the control thread; a slot is a byte, replaced atomically.
class PoolTable {
  public:
    static constexpr unsigned capacity = limits::pools, slot_count = 4096;
    using Slots = std::array<HoneypotIndex, slot_count>;

    PoolTable() {
        for (Pool& pool : pools_)
            for (auto& slot : pool.slots) slot.store(no_honeypot, std::memory_order_relaxed);
    }

    /// `drop`: what becomes of packets while all slots are empty; otherwise they go inside.
    void set(PoolIndex pool, Affinity affinity, bool drop, std::span<const HoneypotIndex, slot_count> slots) {
        Pool& entry = pools_[pool];
        entry.affinity.store(affinity, std::memory_order_relaxed);
        entry.drop.store(drop, std::memory_order_relaxed);
        for (std::size_t i = 0; i < slot_count; ++i)
            entry.slots[i].store(slots[i], std::memory_order_relaxed);
    }

    /// What `set` was told last; a pool that it was never told of has no honeypots.
    struct Contents {
        Affinity affinity = Affinity::source;
        bool drop = false;
        Slots slots{};
        friend bool operator==(const Contents&, const Contents&) = default;
    };
    [[nodiscard]] Contents contents(PoolIndex pool) const {
        const Pool& entry = pools_[pool];
        Contents contents{.affinity = entry.affinity.load(std::memory_order_relaxed),
                          .drop = entry.drop.load(std::memory_order_relaxed)};
        for (std::size_t i = 0; i < slot_count; ++i)
            contents.slots[i] = entry.slots[i].load(std::memory_order_relaxed);
        return contents;
    }

    /// `no_honeypot` where the pool has none.
    [[nodiscard]] HoneypotIndex choose(PoolIndex pool, const SessionKey& key) const {
        const Pool& entry = pools_[pool];
        SessionKey part{};
        const Affinity affinity = entry.affinity.load(std::memory_order_relaxed);
        if (affinity != Affinity::destination) part.outside = key.outside;
        if (affinity != Affinity::source) part.inside = key.inside;
        if (affinity == Affinity::session) {
            part.outside_port = key.outside_port;
            part.inside_port = key.inside_port;
            part.protocol = key.protocol;
        }
        return entry.slots[hash_(part) % slot_count].load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool drops(PoolIndex pool) const {
        return pools_[pool].drop.load(std::memory_order_relaxed);
    }

  private:
    struct Pool {
        std::atomic<Affinity> affinity{Affinity::source};
        std::atomic<bool> drop{false};
        std::array<std::atomic<HoneypotIndex>, slot_count> slots;
    };
    /// No secret: a source keeps its honeypot when the switch restarts, and nothing is won by choosing one.
    static constexpr std::uint64_t constants[3] = {0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9,
                                                   0x94d049bb133111eb};
    SessionHash hash_{constants};
    std::array<Pool, capacity> pools_;
};

}  // namespace honeyswitch::dataplane
