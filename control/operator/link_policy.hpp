// What becomes of the other port of a link when one of them has no link any more: nothing (hub), it is taken
// down until an operator says otherwise (breaker), or it follows (wire). Policy alone: it is told how the
// ports are, and says what is to be done. Control thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "control/config/policy.hpp"

namespace honeyswitch::control {

/// The two ports of a link, by their places among the ports that are looked at.
struct LinkPair {
    std::string name;
    std::array<std::size_t, 2> ports{};
};

/// A port of a link is to be taken down, or let up again.
struct LinkAction {
    std::size_t port = 0;
    std::size_t partner = 0;  ///< whose link decided
    bool up = false;
};

class LinkPolicy {
  public:
    /// A port that was let up has this long to find its link, before it is taken for one that lost it.
    static constexpr Milliseconds settling{10'000};

    /// `wait`: a link counts as lost, or as back, when it was so for as long.
    LinkPolicy(LinkMode mode, Milliseconds wait, const std::vector<LinkPair>& pairs);

    /// A few times in `wait`, and at least ten times a second. `up`: whether each port has its link; that of
    /// a port that is held says nothing.
    [[nodiscard]] std::vector<LinkAction> look(const std::vector<bool>& up, TimePoint now);
    /// An operator wants what is held to be let up: of the pair of this name, or of all. Whoever has still no
    /// link on the other side has it taken down again. None: there is no such pair.
    [[nodiscard]] std::optional<std::vector<LinkAction>> let_up(std::string_view name, TimePoint now);

    /// This port is given up for good: it counts as one that had its link and has lost it. Whoever calls says
    /// from here on that it is not up.
    void give_up(std::size_t port);
    [[nodiscard]] bool has_given_up(std::size_t port) const;

    /// It never does anything.
    [[nodiscard]] bool idle() const { return mode_ == LinkMode::hub || pairs_.empty(); }
    /// That it looks at.
    [[nodiscard]] std::vector<std::size_t> ports() const;
    /// It was taken down, and is not let up yet.
    [[nodiscard]] bool holds(std::size_t port) const;
    /// It is held, or was let up and has not found its link yet: that it has none says nothing of its cable.
    [[nodiscard]] bool explains(std::size_t port) const;
    [[nodiscard]] std::uint64_t times_taken_down() const { return times_taken_down_; }

  private:
    struct End {
        std::size_t port = 0;
        bool held = false;
        bool up = false;
        bool was_up = false;  ///< since the start, or since it was let up: it can only lose what it had
        bool given_up = false;
        TimePoint since;                  ///< it is as it is
        std::optional<TimePoint> let_up;  ///< it was, and its link is awaited
    };
    struct Pair {
        std::string name;
        std::array<End, 2> ends;
    };

    static void note(End& end, bool up, TimePoint now);
    [[nodiscard]] bool lost(const End& end, TimePoint now) const;
    [[nodiscard]] bool back(const End& end, TimePoint now) const;
    static LinkAction release(End& end, const End& partner, TimePoint now);
    [[nodiscard]] const End* find(std::size_t port) const;

    LinkMode mode_;
    Milliseconds wait_;
    std::vector<Pair> pairs_;
    std::uint64_t times_taken_down_ = 0;
};

}  // namespace honeyswitch::control
