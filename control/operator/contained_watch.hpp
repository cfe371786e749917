// What honeypots sent and may not, summed over some time: each packet of it would be too much to tell.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/events/event.hpp"

namespace honeyswitch::control {

/// Control thread.
class ContainedWatch {
  public:
    static constexpr Milliseconds period{10'000};

    struct Count {
        std::string_view counter;
        std::uint64_t packets = 0;  ///< since the start
    };

    /// Once a second or so, with the same counters in the same order each time. Returns what is to be told:
    /// once a period, of each counter that has grown in it.
    [[nodiscard]] std::vector<PacketsContained> look(std::span<const Count> counts, TimePoint now) {
        std::vector<PacketsContained> told;
        if (told_at_ && now - *told_at_ < period) return told;
        before_.resize(counts.size());
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const std::uint64_t grown = counts[i].packets - std::exchange(before_[i], counts[i].packets);
            if (grown != 0)
                told.push_back({.counter = std::string(counts[i].counter),
                                .packets = grown,
                                .within = told_at_ ? now - *told_at_ : Milliseconds{}});
        }
        told_at_ = now;
        return told;
    }

  private:
    std::vector<std::uint64_t> before_;
    std::optional<TimePoint> told_at_;
};

}  // namespace honeyswitch::control
