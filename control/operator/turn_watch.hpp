// Notices that the control thread was held up for so long that the workers failed open.
#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"

namespace honeyswitch::control {

/// Control thread.
class TurnWatch {
  public:
    /// Call at the beginning of each turn. A sentence for the log, if the workers failed open since the last
    /// one: they do once no turn has begun for `heartbeat_timeout`, and until the next one begins.
    [[nodiscard]] std::optional<std::string> look(TimePoint now, Milliseconds heartbeat_timeout);

  private:
    std::optional<TimePoint> last_;
};

}  // namespace honeyswitch::control
