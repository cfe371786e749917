// The way back from a reload that nobody has confirmed yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/config/config.hpp"
#include "control/lists/source_lists.hpp"

namespace honeyswitch::control {

/// Control thread. What was in force before is kept as it was parsed: no file is needed for the way back.
class ReloadInsurance {
  public:
    /// Something waits for a confirmation.
    [[nodiscard]] bool pending() const { return before_ != nullptr; }
    /// The reload that it began with.
    [[nodiscard]] std::uint64_t reload() const { return reload_; }
    /// When it is taken back; none: nothing waits, or the time has not begun.
    [[nodiscard]] std::optional<TimePoint> until() const { return until_; }
    [[nodiscard]] Milliseconds within() const { return within_; }
    /// Precondition: pending().
    [[nodiscard]] const Config& before() const { return *before_; }

    /// A reload comes into force. Where one waits already, that one's way back stays, and the time is anew.
    void insure(const Config& before, std::uint64_t reload, Milliseconds within) {
        within_ = within;
        until_.reset();
        if (pending()) return;
        before_ = std::make_unique<Config>(before);
        reload_ = reload;
    }
    /// All of it is in force: from now on there is so much time.
    void begin(TimePoint now) { until_ = now + within_; }
    [[nodiscard]] bool due(TimePoint now) const { return until_ && now >= *until_; }
    /// It could not be taken back now.
    void postpone(TimePoint until) { until_ = until; }
    void end() {
        before_.reset();
        until_.reset();
        lost_.clear();
    }

    /// Sources of lists that a reload takes out, which only the switch knows of.
    void keep(std::vector<PutSource> lost) {
        for (PutSource& source : lost) lost_.push_back(std::move(source));
    }
    [[nodiscard]] std::vector<PutSource> take_lost() { return std::exchange(lost_, {}); }

  private:
    std::unique_ptr<Config> before_;
    std::uint64_t reload_ = 0;
    Milliseconds within_{};
    std::optional<TimePoint> until_;
    std::vector<PutSource> lost_;
};

}  // namespace honeyswitch::control
