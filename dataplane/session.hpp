// What a worker reads and writes for a packet of a session: one cache line.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/honeypot_table.hpp"
#include "dataplane/l2_path.hpp"
#include "dataplane/progress.hpp"

namespace honeyswitch::dataplane {

/// The return path in three words, each replaced atomically: the first eight bytes of the frame, the other
/// four of its addresses with the number of tags, and the tags. Between two words of one replacement a reader
/// can see a mix of the old and the new path: at a failover of the routers, one reply may go the wrong way,
/// and TCP repeats it.
class SharedL2Path {
  public:
    void store(const L2Path& path) {
        const Words words = packed(path);
        first_.store(words.first, std::memory_order_relaxed);
        second_.store(words.second, std::memory_order_relaxed);
        third_.store(words.third, std::memory_order_relaxed);
    }
    /// Takes the path of a frame over; `tag_count` at most max_vlan_tags, and the frame has them. Writes only
    /// what changed: a session's line stays clean as long as its packets come the same way.
    void update(const std::uint8_t* frame, std::uint8_t tag_count) {
        const Words words = words_of(frame, tag_count);
        replace(first_, words.first);
        replace(second_, words.second);
        replace(third_, words.third);
    }
    /// Whether it is the path of this frame.
    [[nodiscard]] bool matches(const std::uint8_t* frame, std::uint8_t tag_count) const {
        return words() == words_of(frame, tag_count);
    }
    [[nodiscard]] L2Path load() const {
        const Words words = this->words();
        const std::uint64_t both[2] = {words.first, words.second};
        std::uint8_t addresses[16];
        std::memcpy(addresses, both, sizeof addresses);
        L2Path path;
        std::memcpy(path.destination.data(), addresses, 6);
        std::memcpy(path.source.data(), addresses + 6, 6);
        path.tags = std::bit_cast<std::array<VlanTag, max_vlan_tags>>(words.third);
        path.tag_count = addresses[addresses_size];
        return path;
    }

  private:
    static_assert(std::endian::native == std::endian::little, "the tag count sits behind the addresses");
    static constexpr std::size_t addresses_size = 12;
    /// By name, so that they stay in registers: as an array the compiler puts them together on the stack.
    struct Words {
        std::uint64_t first, second, third;
        friend bool operator==(const Words&, const Words&) = default;
    };

    template <typename Word>
    static Word load_word(const std::uint8_t* bytes) {
        Word word;
        std::memcpy(&word, bytes, sizeof word);
        return word;
    }
    [[nodiscard]] Words words() const {
        return {first_.load(std::memory_order_relaxed), second_.load(std::memory_order_relaxed),
                third_.load(std::memory_order_relaxed)};
    }
    static void replace(std::atomic<std::uint64_t>& place, std::uint64_t word) {
        if (place.load(std::memory_order_relaxed) != word) [[unlikely]]
            place.store(word, std::memory_order_relaxed);
    }
    static Words words_of(const std::uint8_t* frame, std::uint8_t tag_count) {
        std::uint64_t tags = 0;
        if (tag_count != 0) [[unlikely]]
            std::memcpy(&tags, frame + addresses_size, tag_count * sizeof(VlanTag));
        return {load_word<std::uint64_t>(frame),
                load_word<std::uint32_t>(frame + 8) | std::uint64_t{tag_count} << 32, tags};
    }
    static Words packed(const L2Path& path) {
        std::uint8_t addresses[16] = {};
        std::memcpy(addresses, path.destination.data(), 6);
        std::memcpy(addresses + 6, path.source.data(), 6);
        addresses[addresses_size] = path.tag_count;
        return {load_word<std::uint64_t>(addresses), load_word<std::uint64_t>(addresses + 8),
                std::bit_cast<std::uint64_t>(path.tags)};
    }

    std::atomic<std::uint64_t> first_{}, second_{}, third_{};
};

/// Counters are written with plain relaxed adds: each direction of a session has one writer as long as RSS
/// keeps it on one queue, and may lose a count where it does not.
struct alignas(64) Session {
    SharedL2Path path;
    std::atomic<std::uint64_t> bytes_in, bytes_out;      ///< outside → honeypot, honeypot → outside
    std::atomic<std::uint32_t> packets_in, packets_out;  ///< wrap after 4 G packets
    std::atomic<std::uint32_t> last_seen;                ///< milliseconds of the switch's clock, modulo 2^32
    std::uint32_t created;                               ///< the same
    std::atomic<HoneypotIndex> honeypot;                 ///< the control thread may move it to another
    std::atomic<Step> progress;                          ///< how far the attacker came
    bool contained;  ///< its outside is an address of the campus: nothing of the honeypot goes there
    Step counted;    ///< the control thread's: what of `progress` is in its tally

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
