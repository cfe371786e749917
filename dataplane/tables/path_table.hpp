// The ways back that frames from outside have shown, each with a number that flows keep in place of the
// path's 22 bytes.
//
// A border link has few neighbours, so there are few paths and they stay for good: a path's number is its
// slot in an open hash. Slots are taken one by one and never move; two threads that see a path for the first
// time together may give it two numbers. A path that finds all slots taken that its hash leads to (256, so a
// table of 256 holds as many, and larger ones are nearly full by then) takes the first of them over: what
// waits for its way back under that number goes the newer way, or for a moment a mix of both, until its next
// packet from outside.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include <rte_hash_crc.h>

#include "base/headers.hpp"
#include "base/l2_path.hpp"

namespace honeyswitch::dataplane {

using PathNumber = std::uint16_t;

template <std::size_t slots>
class PathTable {
    static_assert(std::has_single_bit(slots) && slots <= 65'536);

  public:
    // Any thread.

    /// Of the path of this frame, which came by this link. `tag_count` at most max_vlan_tags, and the frame
    /// has them. `latest`: what this thread was told last; nearly always it is the same again.
    PathNumber number(const std::uint8_t* frame, std::uint8_t tag_count, std::uint8_t link,
                      PathNumber& latest) {
        const Words words = words_of(frame, tag_count, link);
        if (!holds(slots_[latest], words)) [[unlikely]]
            latest = search(words.first, words.second, words.third);
        return latest;
    }
    PathNumber number(const L2Path& path) {
        const Words words = packed(path);
        return search(words.first, words.second, words.third);
    }
    /// Precondition: it was given out.
    [[nodiscard]] L2Path path(PathNumber number) const {
        const Slot& slot = slots_[number];
        const std::uint64_t both[2] = {slot.first.load(std::memory_order_relaxed),
                                       slot.second.load(std::memory_order_relaxed)};
        std::uint8_t addresses[16];
        std::memcpy(addresses, both, sizeof addresses);
        L2Path path;
        std::memcpy(path.destination.data(), addresses, 6);
        std::memcpy(path.source.data(), addresses + 6, 6);
        path.tags =
            std::bit_cast<std::array<VlanTag, max_vlan_tags>>(slot.third.load(std::memory_order_relaxed));
        path.tag_count = addresses[tag_count_place];
        path.link = addresses[link_place];
        return path;
    }

  private:
    static_assert(std::endian::native == std::endian::little, "what is no address sits behind them");
    static constexpr std::size_t addresses_size = 12, tag_count_place = 12, link_place = 13;
    static constexpr std::size_t probes = std::min<std::size_t>(slots, 256);
    /// The first eight bytes of the frame, the other four of its addresses with the number of tags, the link
    /// and a bit that is always set, and the tags. By name, so that they stay in registers: as an array the
    /// compiler puts them together on the stack.
    struct Words {
        std::uint64_t first, second, third;
    };
    static constexpr std::uint64_t complete = std::uint64_t{1} << 63, being_written = 1;
    struct Slot {
        std::atomic<std::uint64_t> first, second, third;  ///< second: 0 if the slot is free
    };

    [[gnu::noinline]] PathNumber search(std::uint64_t first, std::uint64_t second, std::uint64_t third) {
        const Words words{first, second, third};
        const std::size_t home = hash(words);
        for (std::size_t i = 0; i < probes; ++i) {
            const std::size_t place = (home + i) % slots;
            if (holds(slots_[place], words) || take(slots_[place], words))
                return static_cast<PathNumber>(place);
        }
        write(slots_[home], words);
        return static_cast<PathNumber>(home);
    }
    static bool holds(const Slot& slot, const Words& words) {
        return slot.second.load(std::memory_order_acquire) == words.second &&
               slot.first.load(std::memory_order_relaxed) == words.first &&
               slot.third.load(std::memory_order_relaxed) == words.third;
    }
    static bool take(Slot& slot, const Words& words) {
        std::uint64_t free = 0;
        if (!slot.second.compare_exchange_strong(free, being_written, std::memory_order_relaxed))
            return false;
        write(slot, words);
        return true;
    }
    static void write(Slot& slot, const Words& words) {
        slot.first.store(words.first, std::memory_order_relaxed);
        slot.third.store(words.third, std::memory_order_relaxed);
        slot.second.store(words.second, std::memory_order_release);
    }
    static std::size_t hash(const Words& words) {
        const std::uint32_t crc = rte_hash_crc_8byte(words.first, static_cast<std::uint32_t>(words.third));
        return rte_hash_crc_8byte(words.second ^ words.third >> 32, crc) % slots;
    }

    static Words words_of(const std::uint8_t* frame, std::uint8_t tag_count, std::uint8_t link) {
        std::uint64_t tags = 0;
        if (tag_count != 0) [[unlikely]]
            std::memcpy(&tags, frame + addresses_size, tag_count * sizeof(VlanTag));
        return {load<std::uint64_t>(frame),
                load<std::uint32_t>(frame + 8) | std::uint64_t{tag_count} << 32 | std::uint64_t{link} << 40 |
                    complete,
                tags};
    }
    static Words packed(const L2Path& path) {
        std::uint8_t addresses[16] = {};
        std::memcpy(addresses, path.destination.data(), 6);
        std::memcpy(addresses + 6, path.source.data(), 6);
        addresses[tag_count_place] = path.tag_count;
        addresses[link_place] = path.link;
        return {load<std::uint64_t>(addresses), load<std::uint64_t>(addresses + 8) | complete,
                std::bit_cast<std::uint64_t>(path.tags)};
    }

    std::array<Slot, slots> slots_{};
};

}  // namespace honeyswitch::dataplane
