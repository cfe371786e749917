// What a worker reads and writes for a packet of a session: one cache line.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/l2_path.hpp"

namespace honeyswitch::dataplane {

/// The return path in three words, each replaced atomically. Between two words of one replacement a reader
/// can see a mix of the old and the new path: at a failover of the routers, one reply may go the wrong way,
/// and TCP repeats it.
class SharedL2Path {
  public:
    void store(const L2Path& path) {
        const Words words = packed(path);
        for (std::size_t i = 0; i < 3; ++i) words_[i].store(words[i], std::memory_order_relaxed);
    }
    /// Writes only what changed: a session's line stays clean as long as its packets come the same way.
    void update(const L2Path& path) {
        const Words words = packed(path);
        for (std::size_t i = 0; i < 3; ++i)
            if (words_[i].load(std::memory_order_relaxed) != words[i]) [[unlikely]]
                words_[i].store(words[i], std::memory_order_relaxed);
    }
    [[nodiscard]] L2Path load() const {
        Words words;
        for (std::size_t i = 0; i < 3; ++i) words[i] = words_[i].load(std::memory_order_relaxed);
        L2Path path;
        std::memcpy(path.destination.data(), &words[0], 6);
        std::memcpy(path.source.data(), &words[1], 6);
        path.tags = std::bit_cast<std::array<VlanTag, max_vlan_tags>>(words[2]);
        path.tag_count = static_cast<std::uint8_t>(words[0] >> 48);
        return path;
    }

  private:
    using Words = std::array<std::uint64_t, 3>;

    static Words packed(const L2Path& path) {
        static_assert(std::endian::native == std::endian::little, "the tag count sits above the address");
        Words words{};
        std::memcpy(&words[0], path.destination.data(), 6);
        std::memcpy(&words[1], path.source.data(), 6);
        words[2] = std::bit_cast<std::uint64_t>(path.tags);
        words[0] |= std::uint64_t{path.tag_count} << 48;
        return words;
    }

    std::array<std::atomic<std::uint64_t>, 3> words_;
};

/// Counters are written with plain relaxed adds: each direction of a session has one writer as long as RSS
/// keeps it on one queue, and may lose a count where it does not.
struct alignas(64) Session {
    SharedL2Path path;
    std::atomic<std::uint64_t> bytes_in, bytes_out;      ///< outside → honeypot, honeypot → outside
    std::atomic<std::uint32_t> packets_in, packets_out;  ///< wrap after 4 G packets
    std::atomic<std::uint32_t> last_seen;                ///< milliseconds of the switch's clock, modulo 2^32
    std::uint32_t created;                               ///< the same
    std::uint8_t honeypot;                               ///< index in the honeypot table

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
