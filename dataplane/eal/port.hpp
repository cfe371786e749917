// An Ethernet port: configured, started, promiscuous, and closed at the end.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>

#include <rte_mempool.h>

#include "base/error.hpp"
#include "base/l2_path.hpp"
#include "dataplane/eal/frame_lengths.hpp"
#include "dataplane/eal/port_meter.hpp"
#include "dataplane/eal/port_statistics.hpp"

namespace honeyswitch::dataplane {

struct PortConfig {
    std::uint16_t
        workers;  ///< each has a transmit queue of its own, and a receive queue where the device has enough
    std::uint16_t descriptors;  ///< of each queue, fewer where the device allows no more (queue_sizes.hpp)
    rte_mempool* buffers = nullptr;
    std::uint32_t frame = longest_frame(default_mtu);  ///< bytes of a frame that should pass
    std::string interface{};                           ///< of the kernel, behind the device; empty: none
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
    [[nodiscard]] std::uint16_t rx_queues() const { return rx_queues_.load(std::memory_order_relaxed); }
    [[nodiscard]] const EtherAddress& mac() const { return mac_; }
    [[nodiscard]] const std::string& driver() const { return driver_; }
    /// The driver hands VLAN tags over beside the frame whether asked or not, so they must be put back.
    [[nodiscard]] bool strips_vlan() const { return strips_vlan_; }
    /// The driver strips tags, or may hand a long frame over in several buffers.
    [[nodiscard]] bool needs_restoring() const { return strips_vlan_ || scatters_; }
    /// The kernel's interface behind it; empty: none.
    [[nodiscard]] const std::string& interface() const { return interface_; }
    /// Frames of as many bytes are sure to pass, without FCS; what is longer may be lost. It may be less than
    /// was asked for.
    [[nodiscard]] std::uint32_t passes() const { return passes_; }
    /// What was asked for.
    [[nodiscard]] std::uint32_t asked() const { return asked_; }
    /// A NIC: each worker gets its share of what arrives. Otherwise the first ones get all of it.
    [[nodiscard]] bool spreads() const { return spreads_; }
    /// Of a device that is no interface of the kernel: lets its link go, or takes it up. Control thread, for
    /// some milliseconds. Error: DPDK's reason, or that its driver cannot.
    [[nodiscard]] std::expected<void, Error> set_link(bool up) const;
    /// These are read on the control thread.
    [[nodiscard]] PortStatistics statistics() const { return last_ ? *last_ : meter_->read(); }
    [[nodiscard]] bool link_up() const { return !last_ && meter_->link_up(); }
    [[nodiscard]] std::uint64_t times_down() const { return meter_->times_down(); }

    // Control thread, for a device that is gone or wanted by somebody else while the switch runs.

    /// From a grace period on no worker receives from it.
    void stop_polling() { rx_queues_.store(0, std::memory_order_relaxed); }
    /// Lets the device go; what it has counted stays, and its link is down for good. Precondition: no worker
    /// receives from it or sends to it any more. It may take some milliseconds.
    void let_go();

  private:
    explicit Port(std::uint16_t id) : id_(id) {}
    [[nodiscard]] std::expected<void, Error> configure(const PortConfig& config);
    [[nodiscard]] std::expected<void, Error> configure_device(const PortConfig& config);
    [[nodiscard]] std::expected<void, Error> set_up_queues(const PortConfig& config);
    [[nodiscard]] std::expected<void, Error> find_kernel(const PortConfig& config,
                                                         const std::vector<int>& xdp_sockets_before);
    void drain() const;

    std::uint16_t id_;
    std::atomic<std::uint16_t> rx_queues_{1};
    bool open_ = true;
    bool strips_vlan_ = false;
    bool scatters_ = false;
    bool spreads_ = true;
    std::uint32_t asked_ = 0, passes_ = 0;
    EtherAddress mac_{};
    std::string driver_;
    std::string interface_;
    std::unique_ptr<PortMeter> meter_;
    std::optional<PortStatistics> last_;  ///< before the device was let go
};

}  // namespace honeyswitch::dataplane
