// Sources that the operator's lists name: prefixes of any length, an exact match for each length in use
// (rte_hash), behind a bitmap of the /24 networks that any of them touches, which nearly every source is
// turned away by.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <expected>
#include <memory>
#include <optional>
#include <unordered_map>

#include <rte_hash.h>

#include "base/error.hpp"
#include "base/limits.hpp"
#include "dataplane/eal/quiescence.hpp"
#include "dataplane/tables/address_table.hpp"

namespace honeyswitch::dataplane {

/// What the table says of a source: the lower bits are the lists it is on; the rest is the pool that its
/// reputation has moved it to.
class Listing {
  public:
    static constexpr unsigned most_lists = limits::lists;

    explicit Listing(std::uint64_t bits = 0) : bits_(bits) {}
    [[nodiscard]] std::uint64_t lists() const { return bits_ & ((std::uint64_t{1} << most_lists) - 1); }
    /// The pool that sessions of this source go to instead of `pool`.
    [[nodiscard]] std::uint8_t pool_for(std::uint8_t pool) const {
        const bool moved = (bits_ >> moved_bit & 1U) != 0 && (bits_ >> from_bit & pool_mask) == pool;
        return moved ? static_cast<std::uint8_t>(bits_ >> to_bit & pool_mask) : pool;
    }
    [[nodiscard]] Listing with_lists(std::uint64_t lists) const {
        return Listing((bits_ & ~Listing(~0ULL).lists()) | lists);
    }
    [[nodiscard]] Listing moved(std::uint8_t from, std::uint8_t to) const {
        return Listing(lists() | std::uint64_t{1} << moved_bit | std::uint64_t{from} << from_bit |
                       std::uint64_t{to} << to_bit);
    }
    [[nodiscard]] Listing not_moved() const { return Listing(lists()); }
    [[nodiscard]] bool empty() const { return bits_ == 0; }
    [[nodiscard]] std::uint64_t bits() const { return bits_; }

  private:
    static constexpr unsigned pool_bits = std::bit_width(limits::pools - 1);
    static constexpr std::uint64_t pool_mask = (std::uint64_t{1} << pool_bits) - 1;
    static constexpr unsigned moved_bit = most_lists, from_bit = moved_bit + 1, to_bit = from_bit + pool_bits;
    static_assert(to_bit + pool_bits <= 64);

    std::uint64_t bits_;
};

class SourceTable {
  public:
    [[nodiscard]] static std::expected<std::unique_ptr<SourceTable>, Error> create(std::uint32_t capacity,
                                                                                   Quiescence& quiescence);
    ~SourceTable();
    SourceTable(const SourceTable&) = delete;
    SourceTable& operator=(const SourceTable&) = delete;
    [[nodiscard]] static std::uint64_t memory_needed(std::uint32_t capacity);

    // Any thread. Addresses in host byte order.

    /// Prefixes in it, of lists and of sources that were moved.
    [[nodiscard]] std::uint32_t size() const { return size_.load(std::memory_order_relaxed); }
    [[nodiscard]] bool holds_any() const { return size() != 0; }
    /// No source is on any list.
    [[nodiscard]] bool lists_none() const { return listed_.load(std::memory_order_relaxed) == 0; }
    /// False: the source is on no list. True: it may be.
    [[nodiscard]] bool may_list(std::uint32_t source) const {
        return (bitmap_[source >> 14].load(std::memory_order_relaxed) >> (source >> 8 & 63U) & 1U) != 0;
    }
    [[nodiscard]] Listing find(std::uint32_t source) const;

    // Control thread

    /// What holds for exactly this prefix so far.
    [[nodiscard]] Listing at(Prefix prefix) const;
    /// False: the table is full; nothing was changed.
    [[nodiscard]] bool set(Prefix prefix, Listing listing);
    /// Calls `visit(prefix, listing)` for at most `most` prefixes, in no order, from `first` on, which is 0
    /// or what the last call returned. Returns where the next portion begins; nullopt: that was the last.
    /// What `set` changes between two portions may be left out.
    template <typename Visit>
    [[nodiscard]] std::optional<std::uint32_t> visit(std::uint32_t first, std::size_t most,
                                                     Visit visit) const {
        const void* key = nullptr;
        void* data = nullptr;
        for (; most > 0; --most) {
            if (rte_hash_iterate(table_, &key, &data, &first) < 0) return std::nullopt;
            Key place;
            std::memcpy(&place, key, sizeof place);
            visit(Prefix{place.network, static_cast<std::uint8_t>(place.length)},
                  Listing(reinterpret_cast<std::uintptr_t>(data)));
        }
        return first;
    }

  private:
    static constexpr std::size_t bitmap_words = std::size_t{1} << 18;  ///< of 64 networks each
    struct Key {
        std::uint32_t network;
        std::uint32_t length;
    };
    static_assert(sizeof(Key) == 8);

    SourceTable() = default;
    [[nodiscard]] std::expected<void, Error> allocate(std::uint32_t capacity, Quiescence& quiescence);
    [[nodiscard]] std::uint32_t hash(Key key) const;
    [[nodiscard]] std::uint64_t look_up(Key key) const;
    void mark(Prefix prefix, bool listed);

    rte_hash* table_ = nullptr;
    std::uint64_t secret_[2]{};
    std::atomic<std::uint64_t>* bitmap_ = nullptr;
    std::atomic<std::uint32_t> listed_{0};   ///< prefixes that are on a list
    std::atomic<std::uint64_t> lengths_{0};  ///< bit n: some prefix has length n
    std::array<std::uint32_t, 33> length_counts_{};
    std::unordered_map<std::uint32_t, std::uint32_t>
        network_counts_;  ///< for each /24: prefixes that touch it
    std::uint32_t capacity_ = 0;
    std::atomic<std::uint32_t> size_{0};
};

}  // namespace honeyswitch::dataplane
