// Time as the programs see it: monotonic, and handed in by the caller, so that tests own it.
#pragma once

#include <chrono>

namespace honeyswitch {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;
using Microseconds = std::chrono::microseconds;

/// Time of the control thread since the process started its clock; never wall time.
using TimePoint = std::chrono::time_point<Clock, Milliseconds>;

}  // namespace honeyswitch
