// When a session came how far, beside its record: what is written at a step and read when somebody asks, so
// that packets of a session which has taken its last step never touch it.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "dataplane/tables/progress.hpp"

namespace honeyswitch::dataplane {

/// Times are milliseconds of the switch's clock modulo 2^32 (Stamp32), and at least 1. 0: that step was not
/// taken, or before the switch knew of the session.
struct Milestones {
    std::atomic<std::uint32_t> answered, handshake, payload;
    /// Of TCP, all that were seen: from outside after the honeypot's answer and until the first data, and
    /// from the honeypot until its answer.
    std::atomic<std::uint8_t> flags_in, flags_out;

    void clear() {
        answered.store(0, std::memory_order_relaxed);
        handshake.store(0, std::memory_order_relaxed);
        payload.store(0, std::memory_order_relaxed);
        flags_in.store(0, std::memory_order_relaxed);
        flags_out.store(0, std::memory_order_relaxed);
    }
    static void saw(std::atomic<std::uint8_t>& seen, std::uint8_t flags) {
        const std::uint8_t before = seen.load(std::memory_order_relaxed);
        if ((flags & ~before) != 0)
            seen.store(static_cast<std::uint8_t>(before | flags), std::memory_order_relaxed);
    }
    /// From a later step than answered; `handshakes`: the protocol has one. Who skips a step takes both at
    /// once.
    void reached(Step before, Step after, bool handshakes, std::uint32_t now) {
        const std::uint32_t moment = std::max(now, 1U);
        if (handshakes && before < Step::handshake) handshake.store(moment, std::memory_order_relaxed);
        if (after == Step::payload) payload.store(moment, std::memory_order_relaxed);
    }
};
static_assert(sizeof(Milestones) == 16);

}  // namespace honeyswitch::dataplane
