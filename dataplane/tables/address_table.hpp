// Priorities 1 and 2: which addresses belong to known domains, and which of those are active.
//
// A map (domain_map.hpp) leads from a destination to the most specific domain it belongs to; the domain's
// segment holds one byte of state for each of its addresses. The map could hold the addresses themselves, as
// /32; but a byte in a segment is one store, and a /16 takes 64 KiB of the workers' caches instead of 256 KiB
// of the map's groups.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <rte_ring.h>

#include "base/error.hpp"
#include "dataplane/eal/quiescence.hpp"
#include "dataplane/tables/domain_map.hpp"
#include "dataplane/tables/domain_tree.hpp"
#include "dataplane/tables/extent_allocator.hpp"

namespace honeyswitch::dataplane {

/// Bits of an address's state.
namespace address_state {
inline constexpr std::uint8_t active = 1;    ///< active, or in no known domain (control thread)
inline constexpr std::uint8_t sessions = 2;  ///< some session exists for this destination (control thread)
inline constexpr std::uint8_t sighted = 4;   ///< not reported by anyone, but spoke from the inside (workers)
inline constexpr std::uint8_t quiet =
    8;  ///< the control thread asks whether it still speaks; speaking clears it
/// In no known domain: nothing that its packets from the inside could tell.
inline constexpr std::uint8_t unwatched = 16;
}  // namespace address_state

enum class DomainKind : std::uint8_t {
    known,    ///< packets for destinations that are not active become Packet-Ins
    unknown,  ///< every destination goes inside; running sessions go on
};

class AddressTable {
  public:
    /// A domain's host bits fit in 24, beside its place (Segment).
    static constexpr std::uint32_t most_addresses = 1U << 24;
    struct Capacity {
        std::uint32_t addresses;  ///< of all known domains together, at most `most_addresses`
        std::uint32_t domains;
        std::uint32_t sightings;  ///< addresses sighted at the same time
    };

    [[nodiscard]] static std::expected<std::unique_ptr<AddressTable>, Error> create(Capacity capacity,
                                                                                    Quiescence& quiescence);
    ~AddressTable();
    AddressTable(const AddressTable&) = delete;
    AddressTable& operator=(const AddressTable&) = delete;

    // Workers
    // ---------------------------------------------------------------------------------------------------------

    /// The state of each address (host byte order). At most `burst` addresses. 0.0.0.0 stands for a frame
    /// without IPv4: no domain ever holds it.
    void lookup(std::span<const std::uint32_t> addresses, std::span<std::uint8_t> states) const;
    /// A packet from this source came from the inside, and its state is neither active nor sighted, or is
    /// quiet. Returns whether the address is active now; false when the capacity of sightings is used up.
    bool sight(std::uint32_t address);

    // Control thread
    // --------------------------------------------------------------------------------------------------

    /// Publishes a domain, or changes its kind. All of the active addresses are in before any worker meets
    /// it. Errors name the capacity that is used up, or say that the prefix holds 0.0.0.0; nothing was
    /// changed then.
    [[nodiscard]] std::expected<void, Error> add_domain(Prefix prefix, DomainKind kind,
                                                        std::span<const std::uint32_t> active_addresses);
    /// Gives each address of a domain a state of its own, if it has none yet: sessions and sightings there
    /// are known from here on, whatever kind it is of. Error: the capacity of addresses is used up; nothing
    /// was changed then. Precondition: the domain was added, and has no sessions.
    [[nodiscard]] std::expected<void, Error> keep_states(Prefix prefix);
    /// Its destinations fall to the next less specific domain, or to none.
    void remove_domain(Prefix prefix);

    void set_active(std::uint32_t address, bool is_active);
    /// Counts the sessions of a destination; the mark is set before the first is published, and cleared after
    /// the last is gone.
    void session_added(std::uint32_t destination);
    void session_removed(std::uint32_t destination);

    /// Sessions whose destination is in this domain. Costs the same for any domain.
    [[nodiscard]] std::uint64_t sessions_in(Prefix prefix) const {
        return domain_sessions_[domains_.find(prefix)];
    }

    /// Whether a worker has sighted it, be it taken by take_sightings or not. What a worker does after its
    /// `sight` and what this thread did before this call see each other: one of both sees the other's.
    [[nodiscard]] bool is_sighted(std::uint32_t address) const;
    /// Addresses newly sighted since the last call.
    [[nodiscard]] std::size_t take_sightings(std::span<std::uint32_t> addresses);
    /// From now on a packet of this sighted address clears the question.
    void ask_sighted(std::uint32_t address);
    /// Ends a sighting that nothing has renewed since `ask_sighted`. False: it was renewed, and goes on. With
    /// `alone` nobody else says that the address is active: it is inactive in the same moment.
    [[nodiscard]] bool end_sighting(std::uint32_t address, bool alone = false);

    /// A sighting of before goes on, asked about or not: it is told of by take_sightings like a new one.
    /// False: the capacity of sightings is used up, or the address is in no domain that has states.
    [[nodiscard]] bool restore_sighting(std::uint32_t address, bool asked);

    /// Calls `visit(prefix, kind)` for at most `most` domains, in order of network and length, from `first`
    /// on. Returns where the next portion begins; nullopt: that was the last.
    template <typename Visit>
    [[nodiscard]] std::optional<Prefix> visit_domains(Prefix first, std::size_t most, Visit visit) const {
        return domains_.visit(first, most, [&](std::uint32_t index) {
            const bool unwatched = (segment(index).always() & address_state::unwatched) != 0;
            visit(places_[index].prefix, unwatched ? DomainKind::unknown : DomainKind::known);
        });
    }
    /// Calls `visit(address, state)` for each address of this domain that is active, sighted, asked about or
    /// the destination of sessions, of `most` addresses from number `first` in the domain on. Returns where
    /// the next portion begins; nullopt: that was the last, or the domain is not there or has no states.
    template <typename Visit>
    [[nodiscard]] std::optional<std::uint32_t> visit_addresses(Prefix domain, std::uint32_t first,
                                                               std::uint32_t most, Visit visit) const {
        const std::uint32_t index = domains_.find(domain);
        if (!has_states(index)) return std::nullopt;
        const std::uint64_t end = std::min(std::uint64_t{first} + most, domain.size());
        for (std::uint64_t i = first; i < end; ++i) {
            const auto address = static_cast<std::uint32_t>(domain.network + i);
            const std::uint8_t state = state_of(index, address).load(std::memory_order_relaxed);
            if (state != 0) visit(address, state);
        }
        return end < domain.size() ? std::optional(static_cast<std::uint32_t>(end)) : std::nullopt;
    }

    /// Hands the segments of removed domains back, after their grace period. Called now and then.
    void reclaim();

  private:
    using State = std::atomic<std::uint8_t>;

    /// What a worker needs of a domain, in one word that is replaced as a whole. Read in parts, a worker that
    /// is stopped between two of them could take another domain's state for an active address's.
    class Segment {
      public:
        explicit Segment(std::uint64_t word) : word_(word) {}
        /// `offset`: of its first state, 0 where it has none of its own. `host_mask`: at most 24 bits, as
        /// there are no more states. `always`: what is set in the states of all its addresses.
        Segment(std::uint32_t offset, std::uint32_t host_mask, std::uint8_t always)
            : word_(std::uint64_t{offset} << 32 | std::uint64_t{always} << 24 | host_mask) {}

        [[nodiscard]] std::uint32_t place_of(std::uint32_t address) const {
            return static_cast<std::uint32_t>(word_ >> 32) +
                   (address & static_cast<std::uint32_t>(word_) & most_host_bits);
        }
        [[nodiscard]] std::uint8_t always() const { return static_cast<std::uint8_t>(word_ >> 24); }
        [[nodiscard]] bool has_states() const { return word_ >> 32 != 0; }
        [[nodiscard]] std::uint64_t word() const { return word_; }

      private:
        static constexpr std::uint32_t most_host_bits = (1U << 24) - 1;
        std::uint64_t word_;
    };
    /// What only the control thread knows of it.
    struct Place {
        Prefix prefix{};
        std::uint32_t offset = 0;  ///< of its first state; 0: it has none of its own
    };
    struct Retired {
        std::uint32_t index;
        std::uint32_t group;  ///< of the map
        Quiescence::Barrier barrier;
    };

    AddressTable(Capacity capacity, Quiescence& quiescence, DomainMap map);
    [[nodiscard]] std::expected<void, Error> allocate();

    [[nodiscard]] Segment segment(std::uint32_t index) const {
        return Segment(segments_[index].load(std::memory_order_acquire));
    }
    /// Workers decide by this from here on.
    void publish(std::uint32_t index, std::uint8_t always);
    [[nodiscard]] bool has_states(std::uint32_t index) const { return places_[index].offset != 0; }
    [[nodiscard]] std::uint32_t place_of(std::uint32_t index, std::uint32_t address) const {
        return places_[index].offset + (address & places_[index].prefix.host_mask());
    }
    [[nodiscard]] std::expected<void, Error> give_states(std::uint32_t index);
    void take_states(std::uint32_t index);
    void introduce(std::uint32_t index);
    [[nodiscard]] std::expected<std::uint32_t, Error> new_domain(Prefix prefix);
    [[nodiscard]] std::uint32_t most_specific(std::uint32_t address) const { return map_.find(address); }
    [[nodiscard]] State& state_of(std::uint32_t index, std::uint32_t address) const {
        return states_[place_of(index, address)];
    }
    void set_bits(std::uint32_t address, std::uint8_t bits);
    void clear_bits(std::uint32_t address, std::uint8_t bits);
    /// Calls `visit(domain, state, session count)` for every domain that holds the address and has states,
    /// the most specific first.
    template <typename Visit>
    void for_each_state(std::uint32_t address, Visit visit);

    [[nodiscard]] std::vector<std::uint32_t> overlapping(Prefix prefix) const;
    /// Calls `visit(place of the one, place of the other)` for each address that both have a state for.
    template <typename Visit>
    void for_each_common(std::uint32_t one, std::uint32_t other, Visit visit);
    void copy_states(std::uint32_t from, std::uint32_t to);
    void copy_late_sightings(std::uint32_t to);

    Capacity capacity_;
    Quiescence& quiescence_;
    DomainMap map_;
    State* states_ = nullptr;  ///< capacity.addresses + 1; the first is never anything but 0
    /// Words of Segment, capacity.domains + 1; the first stands for "no domain".
    std::atomic<std::uint64_t>* segments_ = nullptr;
    std::atomic<std::int64_t>* sighting_credit_ = nullptr;
    rte_ring* sightings_ = nullptr;

    std::vector<Place> places_;  ///< by index
    DomainTree domains_;
    std::vector<std::uint32_t> unused_;           ///< indices of domains; the last is taken first
    std::vector<std::uint32_t> domain_sessions_;  ///< for each domain; for index 0, no domain, it stays 0
    std::vector<std::uint32_t> session_counts_;   ///< for each state
    ExtentAllocator extents_;
    std::deque<Retired> retired_;  ///< in order of their tokens
};

}  // namespace honeyswitch::dataplane
