// Reads what a port has counted, wherever that stands: in the driver, in the kernel's interface behind it, or
// in the sockets between both. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dataplane/eal/kernel_interface.hpp"
#include "dataplane/eal/port_statistics.hpp"

namespace honeyswitch::dataplane {

class PortMeter {
  public:
    /// What is behind a device of DPDK, if that is an interface of the kernel.
    struct Kernel {
        KernelInterface interface;
        std::vector<int> xdp_sockets, packet_sockets;
    };
    PortMeter(std::uint16_t id, std::string driver, std::optional<Kernel> kernel);

    /// Some registers of a NIC, or some files of /sys: it takes microseconds, and never waits.
    [[nodiscard]] PortStatistics read();
    [[nodiscard]] bool link_up() const;
    /// How often the link went down, where the kernel counts it.
    [[nodiscard]] std::uint64_t times_down() const;

  private:
    void add_kernel(PortStatistics& counted);

    std::uint16_t id_;
    std::string driver_;
    std::optional<Kernel> kernel_;
    InterfaceStatistics began_{};
    std::uint64_t packet_drops_ = 0;
    std::uint64_t most_dropped_ = 0;
    /// Of the driver's extended statistics: those of frames that are too long, and of broken ones.
    std::vector<std::uint64_t> oversize_ids_, crc_ids_;
    SentWhileDown while_down_;
};

}  // namespace honeyswitch::dataplane
