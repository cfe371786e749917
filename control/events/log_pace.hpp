// Events that can come by the thousand, for a log that people read: so many of a kind are told one by one,
// and what comes beyond is told as a number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace honeyswitch::control {

/// Control thread.
class LogPace {
  public:
    /// Of each `period` so many events are told one by one.
    static constexpr unsigned most = 20;
    static constexpr Milliseconds period{10'000};

    /// `what`: what such events are, in a sentence: "sources moved to another pool"
    explicit LogPace(std::string_view what) : what_(what) {}

    /// Whether this one is told. Costs next to nothing.
    [[nodiscard]] bool admits(TimePoint now);
    /// Once a second or so. The sentence about those that were not told, once their period is over.
    [[nodiscard]] std::optional<std::string> tick(TimePoint now);

  private:
    std::string_view what_;
    TimePoint began_{};
    unsigned told_ = 0;
    std::uint64_t untold_ = 0;
};

}  // namespace honeyswitch::control
