// How often a warning that packets can cause is written: a log is not theirs to fill.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace honeyswitch {

/// For one warning. Not for several threads at once.
class WarningPace {
  public:
    explicit WarningPace(std::chrono::nanoseconds interval = std::chrono::minutes(1)) : interval_(interval) {}

    /// There is cause for it at `now` (of a clock that never goes back, since its epoch). Nothing: it was
    /// written less than an interval ago. Otherwise it is to be written, and says how many were not since
    /// then.
    [[nodiscard]] std::optional<std::uint64_t> due(std::chrono::nanoseconds now) {
        if (written_ && now - *written_ < interval_) {
            ++unwritten_;
            return std::nullopt;
        }
        written_ = now;
        return std::exchange(unwritten_, 0);
    }

  private:
    std::chrono::nanoseconds interval_;
    std::optional<std::chrono::nanoseconds> written_;
    std::uint64_t unwritten_ = 0;
};

}  // namespace honeyswitch
