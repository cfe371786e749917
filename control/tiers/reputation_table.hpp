// What sources did in the last `window`: a set-associative table of fixed size.
//
// Time is cut into halves of the window. A source has counts of two of them, the current half and the one
// before, and what is read is their sum: nothing older than the window is counted, all of the last half
// window is, and of what lies between, what came after the half before began. So a number that is reached
// within half a window is always seen, and one that takes longer is seen if it falls well; none is seen that
// was not reached.
//
// A source has its place in one of 8 ways of a set, chosen by a keyed hash, so that nobody outside can tell
// which sources share a set. When all ways are taken, the source that has done least and, of those, longest
// ago makes room: a scan from a million sources that come once displaces its own, not one that comes often. A
// source that is `kept` never makes room; when all of a set are, a new source is not remembered.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "control/tiers/distinct_count.hpp"

namespace honeyswitch::control {

/// Of the hash, drawn at start.
struct ReputationSecret {
    std::uint64_t multiplier, mask;
    [[nodiscard]] static ReputationSecret random();
    [[nodiscard]] std::uint64_t hash(std::uint32_t value) const;
};

class ReputationTable {
  public:
    enum class Place : std::uint32_t {};

    struct Sum {
        std::uint32_t sessions = 0;
        std::uint32_t payload_sessions = 0;
        std::uint32_t destination_bits =
            0;  ///< DistinctCount::estimate tells how many destinations they mean
    };

    /// Memory for `capacity` sources (rounded up to whole sets) is had here; no more is needed later.
    ReputationTable(std::uint32_t capacity, Milliseconds window, ReputationSecret secret);

    [[nodiscard]] Milliseconds window() const { return window_; }
    [[nodiscard]] std::uint32_t places() const { return static_cast<std::uint32_t>(tags_.size()); }
    [[nodiscard]] std::uint32_t size() const { return size_; }  ///< with those not yet forgotten
    [[nodiscard]] std::size_t bytes() const;
    /// Number of the half of a window that `now` is in.
    [[nodiscard]] std::uint32_t half_of(TimePoint now) const { return tick_of(now) / half_ticks_; }

    [[nodiscard]] std::optional<Place> find(Ipv4Address source) const;
    /// The source did something. nullopt: its set has no room.
    [[nodiscard]] std::optional<Place> touch(Ipv4Address source, TimePoint now);
    // Precondition: touch() gave the place, with the same time.
    void add_session(Place place, Ipv4Address destination);
    void add_payload(Place place);

    [[nodiscard]] Sum sum(Place place, TimePoint now) const;
    [[nodiscard]] Ipv4Address source(Place place) const { return {tag(place).source}; }
    /// What the owner of the table keeps with a source; while it is not 0, the source makes no room for
    /// others.
    [[nodiscard]] std::uint32_t kept(Place place) const { return tag(place).kept; }
    void keep(Place place, std::uint32_t value) { tag(place).kept = value; }
    /// Empties a place whose source did nothing within the window, unless it is kept.
    void forget_if_old(Place place, TimePoint now);

  private:
    struct Tag {
        std::uint32_t source = 0;
        std::uint32_t seen = 0;  ///< tick of the last touch
        std::uint32_t done = 0;  ///< sessions and payloads in both halves; 0: the place is empty
        std::uint32_t kept = 0;
    };
    struct Half {
        std::uint32_t sessions = 0;
        std::uint32_t payload_sessions = 0;
        DistinctCount destinations;
    };
    struct Counts {
        Half current, before;
    };
    static_assert(sizeof(Tag) + sizeof(Counts) == 128);

    static constexpr std::uint32_t ways = 8;  ///< the tags of a set fill two cache lines

    [[nodiscard]] static std::uint32_t tick_of(TimePoint now);
    [[nodiscard]] Tag& tag(Place place) { return tags_[static_cast<std::size_t>(place)]; }
    [[nodiscard]] const Tag& tag(Place place) const { return tags_[static_cast<std::size_t>(place)]; }
    [[nodiscard]] std::uint32_t first_of_set(Ipv4Address source) const;
    [[nodiscard]] std::optional<Place> make_room(std::uint32_t first, std::uint32_t half);
    /// How many halves have passed since the source was seen.
    [[nodiscard]] std::uint32_t halves_since(const Tag& tag, std::uint32_t half) const;
    void turn_over(Place place, std::uint32_t half);

    Milliseconds window_;
    std::uint32_t half_ticks_;
    ReputationSecret secret_;
    std::vector<Tag> tags_;
    std::vector<Counts> counts_;  ///< as tags_
    std::uint32_t size_ = 0;
};

}  // namespace honeyswitch::control
