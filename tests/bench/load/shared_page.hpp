// The page of memory that the benchmark and the load generator share: what shall be sent, and what was.
//
// tools/bench makes the file and maps it (tests/bench/shared_page.py mirrors the layout); the generator maps
// it within the program under test. Numbers are in host byte order.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace honeyswitch::bench {

inline constexpr std::uint64_t page_magic = 0x686f6e6579626e34;  ///< changes with the layout
inline constexpr unsigned port_count = 3;                        ///< net_null0 outside, 1 inside, 2 honeypot
inline constexpr unsigned queue_count = 4;                       ///< per port and direction, at most
inline constexpr unsigned class_count = 8;  ///< the last one counts frames without a mark
inline constexpr unsigned unmarked = class_count - 1;
inline constexpr unsigned slot_count = 96;  ///< divisible by 2, 3, 12 and 32: shares of traffic come out even
inline constexpr unsigned size_count = 3;
inline constexpr unsigned bucket_count = 1024;  ///< of times, see times.hpp

/// What the frames of a class are.
enum class Traffic : std::uint32_t {
    none,
    active,    ///< from outside to an active address
    session,   ///< from outside to an inactive address, TCP with ACK
    scan,      ///< from outside to an inactive address, TCP with SYN
    reply,     ///< what the honeypot answers to `session` of the same identity
    outbound,  ///< what the active host answers to `active` of the same identity
};

/// Identities first, first + 1, … first + count - 1, and again from the first. Each identity is one 5-tuple.
struct ClassPlan {
    Traffic traffic = Traffic::none;
    std::uint32_t reserved = 0;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

/// Written by the benchmark while `running` is 0; every queue reads it again when `epoch` has changed.
struct Plan {
    std::atomic<std::uint32_t> epoch;
    std::atomic<std::uint32_t> running;
    std::uint32_t source_port;       ///< the one port that generates
    std::uint32_t fingerprints;      ///< 1: also sum up a hash of every frame, to prove that none was changed
    std::uint64_t limit;             ///< packets after which generation ends; 0: none
    std::uint64_t rate;              ///< packets per second that arrive; 0: as many as are taken
    std::uint32_t ring;              ///< receive descriptors, when `rate` is set: what finds none is missed
    std::uint32_t active_addresses;  ///< of 10.66.0.0/16
    std::uint32_t seed;
    std::uint32_t timed;  ///< a bit for each class whose times are measured; only where there is a rate
    std::array<ClassPlan, class_count> classes;
    std::array<std::uint8_t, slot_count> slot_class;  ///< classes in the order of transmission, over and over
    std::array<std::uint8_t, slot_count> slot_size;   ///< index into frame_bytes
    std::array<std::uint32_t, 4> frame_bytes;         ///< without FCS; the last is unused
};

/// One queue's counters, written by the lcore that polls it and read by the benchmark at any time.
struct alignas(64) Counters {
    std::array<std::uint64_t, class_count> packets;
    std::array<std::uint64_t, class_count> missed;            ///< arrived at a full ring
    std::array<std::uint64_t, class_count> missed_in_stalls;  ///< of these: Source::stalled
    std::array<std::uint64_t, class_count> fingerprint;       ///< sum of frame hashes, modulo 2^64
    std::uint64_t polls;
    std::uint64_t starved;  ///< polls that found no mbuf to receive into
    std::array<std::uint64_t, 6> reserved;
};
static_assert(sizeof(Counters) == 320);

struct SharedPage {
    std::uint64_t magic;
    std::uint64_t bytes;                 ///< sizeof(SharedPage)
    std::atomic<std::uint32_t> sources;  ///< receive queues with a generator
    std::atomic<std::uint32_t> sinks;    ///< transmit queues with an observer
    std::atomic<std::uint64_t> tsc_hz;   ///< cycles of the TSC per second, once there is a source
    std::array<std::uint64_t, 4> reserved;
    alignas(64) Plan plan;
    alignas(64) std::array<std::array<Counters, queue_count>, port_count> received;
    std::array<std::array<Counters, queue_count>, port_count> sent;
    /// Of each transmit queue: how many packets took how many cycles from arrival to transmission.
    std::array<std::array<std::array<std::uint64_t, bucket_count>, queue_count>, port_count> times;
};
static_assert(offsetof(SharedPage, plan) == 64 && sizeof(Plan) == 448);
static_assert(offsetof(SharedPage, received) == 512 && offsetof(SharedPage, times) == 512 + 2 * 12 * 320);
static_assert(sizeof(SharedPage) == offsetof(SharedPage, times) + 12 * 8 * bucket_count);

}  // namespace honeyswitch::bench
