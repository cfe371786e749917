// How the controller names what is the switch's.
#pragma once

#include <cstdint>

namespace honeyswitch::control {

/// A session flow's place in the switch's table, 0 to capacity - 1. Reused after the flow was deleted.
enum class FlowId : std::uint32_t {};
/// The number of a honeypot, which stays its own over reloads (control/compose/numbers.hpp).
enum class HoneypotId : std::uint8_t {};
/// The number of a pool, likewise; 0 is the default.
enum class PoolId : std::uint8_t {};
/// A frame in custody of the controller. Each is handed back exactly once, by PacketOut.
enum class BufferId : std::uintptr_t {};

}  // namespace honeyswitch::control
