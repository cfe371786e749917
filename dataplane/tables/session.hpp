// What a worker reads and writes for a packet of a session: one cache line, with the key that tells it apart.
#pragma once

#include <atomic>
#include <cstdint>

#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/path_table.hpp"
#include "dataplane/tables/progress.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// Counters are written with plain relaxed adds: each direction of a session has one writer as long as RSS
/// keeps it on one queue, and may lose a count where it does not.
struct alignas(64) Session {
    SessionKey key;
    std::atomic<std::uint64_t> bytes_in, bytes_out;      ///< outside → honeypot, honeypot → outside
    std::uint64_t created;                               ///< milliseconds of the switch's clock
    std::atomic<std::uint32_t> packets_in, packets_out;  ///< wrap after 4 G packets
    std::atomic<std::uint32_t> last_seen;                ///< the same, modulo 2^32 (Stamp32)
    /// The same: the first packet that came for its address when that was active. 0: none yet. The session
    /// may go on for a while after it (Modes::outlive_ms), or, if this is `without_limit`, for as long as it
    /// is not idle.
    std::atomic<std::uint32_t> outlives_since;
    std::atomic<PathNumber> path;         ///< the way back, of its latest packet from outside
    std::atomic<HoneypotIndex> honeypot;  ///< the control thread may move it to another
    std::atomic<Step> progress;           ///< how far the attacker came
    bool contained;  ///< its outside is an address of the campus: nothing of the honeypot goes there
    Step counted;    ///< the control thread's: what of `progress` is in its tally
    bool in_place;   ///< the control thread's: the session exists
    /// The flow is the inside's: its packets go there, and nothing of the honeypot leaves on it. The record
    /// stays until it would have been looked at for idleness. Set by whoever sees it first, and never
    /// cleared.
    std::atomic<bool> ended;

    static constexpr std::uint32_t without_limit = ~0U;

    static void add(std::atomic<std::uint64_t>& bytes, std::atomic<std::uint32_t>& packets,
                    std::uint32_t length) {
        bytes.store(bytes.load(std::memory_order_relaxed) + length, std::memory_order_relaxed);
        packets.store(packets.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    }
    void seen(std::uint32_t now) {
        if (last_seen.load(std::memory_order_relaxed) != now) last_seen.store(now, std::memory_order_relaxed);
    }
};
static_assert(sizeof(Session) == 64);

}  // namespace honeyswitch::dataplane
