// From a configuration to a data plane: EAL's arguments, the ports, the tables. Main thread, before the
// control loop.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "control/config/config.hpp"
#include "dataplane/data_plane.hpp"
#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/eal.hpp"

namespace honeyswitch::control {

[[nodiscard]] std::vector<std::string> eal_arguments(const Config& config);
[[nodiscard]] dataplane::DataPlaneConfig data_plane_config(const Config& config);

/// Bytes that tables and buffers of these capacities take, at least: of huge pages, or of memory without
/// them.
[[nodiscard]] std::uint64_t memory_needed(const Config& config);

/// Packet buffers: as many as configured, and those that rings of AF_XDP hold beside them.
[[nodiscard]] std::uint32_t buffers_of(const Config& config);

/// The time that idle workers sleep: as configured, or 0 where all ports are PCI devices.
[[nodiscard]] std::uint32_t idle_sleep_us(const Config& config);

/// Starts the ports, by dataplane::PortIndex. Interfaces of the kernel are made fit for it (KernelSettings),
/// and the log says what was changed. One that AF_XDP cannot have is opened with AF_PACKET, and the log says
/// so.
[[nodiscard]] std::expected<std::vector<dataplane::Port>, Error> start_ports(const Config& config,
                                                                             rte_mempool& buffers);

}  // namespace honeyswitch::control
