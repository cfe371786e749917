// Time as agent/ sees it: monotonic, handed in by the caller so that tests own it.
#pragma once

#include <chrono>

namespace honeyswitch::agent {

using Clock = std::chrono::steady_clock;
using TimePoint = Clock::time_point;
using Duration = Clock::duration;

}  // namespace honeyswitch::agent
