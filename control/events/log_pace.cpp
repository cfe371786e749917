#include "control/events/log_pace.hpp"

#include <utility>

#include <fmt/format.h>

namespace honeyswitch::control {

bool LogPace::admits(TimePoint now) {
    if (untold_ == 0 && now - began_ >= period) {
        began_ = now;
        told_ = 0;
    }
    if (told_ < most) {
        ++told_;
        return true;
    }
    ++untold_;
    return false;
}

std::optional<std::string> LogPace::tick(TimePoint now) {
    if (untold_ == 0 || now - began_ < period) return std::nullopt;
    began_ = now;
    told_ = 0;
    return fmt::format("{} more {} than are told one by one", std::exchange(untold_, 0), what_);
}

}  // namespace honeyswitch::control
