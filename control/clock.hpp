// Time as control/ sees it: monotonic, in milliseconds, handed in by the caller so that tests own it.
#pragma once

#include <chrono>
#include <cstdint>

namespace honeyswitch::control {

using Milliseconds = std::chrono::milliseconds;
/// Since the process started its clock; never wall time.
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Milliseconds>;

}  // namespace honeyswitch::control
