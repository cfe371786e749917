// How large the data plane's tables, rings and buffers are, and how its workers wait.
#pragma once

#include <cstdint>

#include "control/config/config.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

[[nodiscard]] dataplane::DataPlaneConfig data_plane_config(const Config& config);

/// Packet buffers: as many as configured, and those that rings of AF_XDP hold beside them.
[[nodiscard]] std::uint32_t buffers_of(const Config& config);

/// Bytes that tables and buffers of these capacities take, at least: of huge pages, or of memory without
/// them.
[[nodiscard]] std::uint64_t memory_needed(const Config& config);

/// The time that idle workers sleep: as configured, or 0 where all ports are PCI devices.
[[nodiscard]] std::uint32_t idle_sleep_us(const Config& config);

}  // namespace honeyswitch::control
