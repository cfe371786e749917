// How many packets are taken from a queue at once.
#pragma once

namespace honeyswitch::dataplane {

/// Enough to hide a cache miss behind the others' work, few enough that the first of them waits for less than
/// a microsecond.
inline constexpr unsigned burst_size = 64;

}  // namespace honeyswitch::dataplane
