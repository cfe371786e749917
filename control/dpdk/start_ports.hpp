// Starts the ports of the switch. Main thread, before the control loop.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "control/config/config.hpp"
#include "dataplane/eal/buffer_pool.hpp"
#include "dataplane/eal/port.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::control {

struct PortsConfig {
    dataplane::PortLayout layout;
    // By dataplane::PortIndex
    std::vector<PortSpec> ports;
    std::vector<std::string> names;  ///< "outside", "outside of link west"

    KernelIo kernel_io = KernelIo::af_xdp;
    std::uint16_t workers = 1;
    std::uint16_t descriptors = 0;  ///< of each queue
    /// How long a frame passes the ports of the link, and those of honeypots, in bytes without FCS.
    std::uint32_t frame = dataplane::longest_frame(dataplane::default_mtu);
    std::uint32_t honeypot_frame = frame;
    /// Ports of the link are up at the start, and must be able to be taken down.
    bool links_are_taken_down = false;
    /// A port of a link that passes less is an error; otherwise the log says how much.
    bool mtu_configured = false;
    bool honeypot_mtu_configured = false;  ///< likewise of a port towards honeypots
};

/// By dataplane::PortIndex. Interfaces of the kernel are made fit for it (KernelSettings), and the log says
/// what was changed. One that AF_XDP cannot have is opened with AF_PACKET, and the log says so.
[[nodiscard]] std::expected<std::vector<dataplane::Port>, Error> start_ports(const PortsConfig& config,
                                                                             rte_mempool& buffers);

}  // namespace honeyswitch::control
