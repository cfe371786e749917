// An Ethernet port: configured, started, promiscuous, and closed at the end.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include <rte_mempool.h>

#include "base/error.hpp"
#include "base/l2_path.hpp"

namespace honeyswitch::dataplane {

struct PortConfig {
    std::uint16_t
        workers;  ///< each has a transmit queue of its own, and a receive queue where the device has enough
    std::uint16_t descriptors;  ///< of each queue, fewer where the device allows no more (queue_sizes.hpp)
    rte_mempool* buffers = nullptr;
};

struct PortStatistics {
    std::uint64_t rx_packets = 0, rx_bytes = 0, rx_missed = 0, rx_no_buffer = 0;
    std::uint64_t tx_packets = 0, tx_bytes = 0;
};

/// Started and closed on the main thread; a worker uses `id()` with its own queue alone.
class Port {
  public:
    /// Errors name the device and DPDK's reason; the device is closed again.
    [[nodiscard]] static std::expected<Port, Error> start(std::uint16_t id, const PortConfig& config);
    ~Port();
    Port(Port&& other) noexcept;
    Port& operator=(Port&&) = delete;

    [[nodiscard]] std::uint16_t id() const { return id_; }
    [[nodiscard]] std::uint16_t rx_queues() const { return rx_queues_; }
    [[nodiscard]] const EtherAddress& mac() const { return mac_; }
    [[nodiscard]] const std::string& driver() const { return driver_; }
    /// The driver hands VLAN tags over beside the frame whether asked or not, so they must be put back.
    [[nodiscard]] bool strips_vlan() const { return strips_vlan_; }
    [[nodiscard]] PortStatistics statistics() const;
    [[nodiscard]] bool link_up() const;

  private:
    explicit Port(std::uint16_t id) : id_(id) {}
    [[nodiscard]] std::expected<void, Error> configure(const PortConfig& config);

    std::uint16_t id_;
    std::uint16_t rx_queues_ = 1;
    bool open_ = true;
    bool strips_vlan_ = false;
    EtherAddress mac_{};
    std::string driver_;
};

}  // namespace honeyswitch::dataplane
