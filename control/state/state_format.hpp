// The file of what outlives a restart, as bytes: sessions, sightings, and what agents vouched for.
//
// docs/state-file.md has the format, byte by byte. Encoding and decoding alone: no file, no clock, no
// table. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "control/controller/flow_table.hpp"
#include "control/controller/restart.hpp"
#include "control/events/event.hpp"

namespace honeyswitch::control {

using StateBytes = std::vector<std::uint8_t>;

inline constexpr std::uint32_t state_version = 1;

struct StateHeader {
    WallMilliseconds saved_at;
    /// Nothing was diverted then: no session was with a honeypot.
    bool observing = false;

    friend bool operator==(const StateHeader&, const StateHeader&) = default;
};
inline constexpr std::size_t state_header_size = 32;

enum class StateKind : std::uint32_t {
    honeypots = 1,  ///< the numbers of the file, and what they stand for
    links = 2,
    agents = 3,
    campus = 4,  ///< prefixes by which the campus is told from another
    watches = 5,
    vouchers = 6,
    sightings = 7,
    sessions = 8,
    end = 9,  ///< how many there are of the four before; nothing comes behind it
};

/// A number of the file.
struct SavedName {
    std::uint32_t number = 0;
    std::string name;                 ///< at most 255 bytes
    std::optional<MacAddress> mac{};  ///< of a honeypot, where it was known

    friend bool operator==(const SavedName&, const SavedName&) = default;
};

/// An address that an agent vouched for.
struct SavedVoucher {
    Ipv4Address address;
    AgentId agent{};

    friend bool operator==(SavedVoucher, SavedVoucher) = default;
};

/// How many there are.
struct StateTotals {
    std::uint64_t watches = 0, vouchers = 0, sightings = 0, sessions = 0;

    friend bool operator==(const StateTotals&, const StateTotals&) = default;
};

/// The same moment by two clocks: the wall's, which the file has, and that of a process.
class ClockPair {
  public:
    ClockPair(WallMilliseconds wall, TimePoint now) : wall_(wall), now_(now) {}
    [[nodiscard]] std::int64_t to_wall(TimePoint time) const {
        return (wall_ + (time - now_)).time_since_epoch().count();
    }
    [[nodiscard]] TimePoint to_time(std::int64_t wall) const {
        return now_ + (WallMilliseconds{Milliseconds{wall}} - wall_);
    }

  private:
    WallMilliseconds wall_;
    TimePoint now_;
};

// Writing
// ------------------------------------------------------------------------------------------------------

[[nodiscard]] StateBytes header_bytes(const StateHeader& header);
[[nodiscard]] StateBytes end_bytes(const StateTotals& totals);

/// Entries of one kind, on their way into a block.
class StateBlockWriter {
  public:
    /// More than these are not put into one block: what reads it has room for them.
    static constexpr std::size_t most_bytes = 1U << 20U;

    explicit StateBlockWriter(StateKind kind);

    void add(const SavedName& name);
    void add(Ipv4Prefix prefix);
    void add(const WatchRecord& watch, const ClockPair& clocks);
    void add(SavedVoucher voucher);
    void add(const SightingRecord& sighting, const ClockPair& clocks);
    void add(const SessionRecord& session, const ClockPair& clocks);

    [[nodiscard]] std::uint32_t entries() const { return entries_; }
    /// With its head; this is empty again then.
    [[nodiscard]] StateBytes take();

  private:
    template <typename Wire>
    void put(const Wire& wire);

    StateKind kind_;
    std::uint32_t entries_ = 0;
    StateBytes bytes_;
};

// Reading
// ------------------------------------------------------------------------------------------------------

/// Why a file cannot be used.
struct StateFlaw {
    enum class Kind : std::uint8_t { broken, newer, unreadable };
    Kind kind = Kind::broken;
    std::string reason;  ///< a clause
};

/// Precondition: state_header_size bytes.
[[nodiscard]] std::expected<StateHeader, StateFlaw> parse_header(std::span<const std::uint8_t> bytes);

/// What stands before the entries of a block.
struct StateBlockHead {
    static constexpr std::size_t size = 16;
    StateKind kind{};
    std::uint32_t entries = 0;
    std::uint32_t bytes = 0;  ///< of the entries
    std::uint32_t checksum = 0;
};
/// Precondition: StateBlockHead::size bytes. Errors: a clause.
[[nodiscard]] std::expected<StateBlockHead, std::string> parse_head(std::span<const std::uint8_t> bytes);

/// A block whose checksum is right and whose entries are such as are written.
class StateBlock {
  public:
    /// `entries`: the bytes behind the head, which outlive this. Errors: a clause.
    [[nodiscard]] static std::expected<StateBlock, std::string> check(const StateBlockHead& head,
                                                                      std::span<const std::uint8_t> entries);

    [[nodiscard]] StateKind kind() const { return kind_; }
    [[nodiscard]] std::uint32_t entries() const { return entries_; }

    // Preconditions: it is of that kind; `i` is less than entries().
    [[nodiscard]] std::vector<SavedName> names() const;
    [[nodiscard]] Ipv4Prefix prefix(std::uint32_t i) const;
    [[nodiscard]] WatchRecord watch(std::uint32_t i, const ClockPair& clocks) const;
    [[nodiscard]] SavedVoucher voucher(std::uint32_t i) const;
    [[nodiscard]] SightingRecord sighting(std::uint32_t i, const ClockPair& clocks) const;
    [[nodiscard]] SessionRecord session(std::uint32_t i, const ClockPair& clocks) const;
    [[nodiscard]] StateTotals totals() const;

  private:
    StateBlock(StateKind kind, std::uint32_t entries, std::span<const std::uint8_t> bytes)
        : kind_(kind), entries_(entries), bytes_(bytes) {}
    template <typename Wire>
    [[nodiscard]] Wire at(std::uint32_t i) const;
    [[nodiscard]] bool names_are_good() const;
    [[nodiscard]] bool is_good(std::uint32_t i) const;

    StateKind kind_;
    std::uint32_t entries_;
    std::span<const std::uint8_t> bytes_;
};

}  // namespace honeyswitch::control
