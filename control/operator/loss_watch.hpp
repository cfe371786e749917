// Tells when packets begin to be lost for want of room or time, how many, and when that has ended.
//
// Each kind of loss has a counter as well, which says how many; what a counter does not say is that the
// operator should look at it. Control thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "control/events/event.hpp"

namespace honeyswitch::control {

/// How many packets were lost in one way since the start.
struct Loss {
    std::string_view counter;  ///< its name, and of what; must stay valid
    std::string_view meaning;  ///< what is lost, and why; must stay valid
    std::uint64_t packets = 0;
};

class LossWatch {
  public:
    /// Nothing was lost for so long: it has ended.
    static constexpr Milliseconds quiet{10'000};
    /// As long as it goes on, it is told again after so long.
    static constexpr Milliseconds again{60'000};

    /// Once a second or so, with the same losses in the same order each time. Returns what is to be
    /// told.
    [[nodiscard]] std::vector<PacketsLost> look(std::span<const Loss> losses, TimePoint now);

  private:
    struct Seen {
        std::uint64_t packets = 0;  ///< at the last look
        std::uint64_t before = 0;   ///< when it began
        TimePoint began, last, told;
        bool going_on = false;
    };
    [[nodiscard]] static std::optional<PacketsLost> look(Seen& seen, const Loss& loss, TimePoint now);

    std::vector<Seen> seen_;
};

}  // namespace honeyswitch::control
