// Wall-clock times beside the durations that the switch tells, which knows no wall clock.
#pragma once

#include <chrono>
#include <string>

#include "tools/honeyctl/pages.hpp"

namespace honeyswitch::honeyctl {

/// "2026-11-25T09:44:58.313Z"
[[nodiscard]] std::string iso_time(WallTime time);

/// The row, with a time beside each of its durations: "since" beside "duration_ms", "last_seen" beside
/// "idle_ms", "last_heard" beside "silent_ms", "started" beside "uptime_ms", "until" beside "remaining_ms".
[[nodiscard]] Json with_times(Json row, WallTime now);

}  // namespace honeyswitch::honeyctl
