// Numbers that name a session for good.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "control/events/event.hpp"

namespace honeyswitch::control {

/// Numbers go up by one from a beginning that the wall clock gives: 256 for each millisecond since 2020. So
/// they fit into 48 bits until 2054, and no process gives a number that an earlier one has given, as long as
/// the clock is not set back and fewer than 256,000 sessions a second begin over a process's lifetime.
class FlowNumbers {
  public:
    static constexpr std::uint64_t last = (std::uint64_t{1} << 48U) - 1;

    explicit FlowNumbers(WallMilliseconds wall) {
        constexpr std::chrono::sys_days epoch = std::chrono::year{2020} / 1 / 1;
        const std::int64_t passed = (wall - epoch).count();
        next_ = std::max<std::uint64_t>(passed > 0 ? static_cast<std::uint64_t>(passed) << 8U : 0, 1);
    }

    /// 1 to `last`.
    [[nodiscard]] std::uint64_t take() {
        if (next_ > last) next_ = 1;
        return next_++;
    }

  private:
    std::uint64_t next_ = 1;
};

}  // namespace honeyswitch::control
