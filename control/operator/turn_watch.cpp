#include "control/operator/turn_watch.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"

namespace honeyswitch::control {

std::optional<std::string> TurnWatch::look(TimePoint now, Milliseconds heartbeat_timeout) {
    const auto last = std::exchange(last_, now);
    if (!last || now - *last <= heartbeat_timeout) return std::nullopt;
    const auto held_up = std::chrono::duration_cast<Milliseconds>(now - *last);
    return fmt::format(
        "the control thread was held up for {}: all traffic went inside for the last {} of it, as nothing is "
        "diverted after {} without a heartbeat (heartbeat_timeout); from now on it is diverted again",
        duration_text(held_up), duration_text(held_up - heartbeat_timeout), duration_text(heartbeat_timeout));
}

}  // namespace honeyswitch::control
