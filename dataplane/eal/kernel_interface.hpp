// An interface of the kernel that is a port of the switch: what no driver of DPDK says or does about it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::dataplane {

/// What the kernel has counted of an interface since it exists, as in /sys/class/net/NAME/statistics.
struct InterfaceStatistics {
    std::uint64_t rx_dropped = 0, rx_missed = 0, rx_fifo = 0, rx_errors = 0, rx_length_errors = 0,
                  rx_crc_errors = 0;
    std::uint64_t tx_dropped = 0, tx_errors = 0;
};

/// Any thread, one at a time.
class KernelInterface {
  public:
    /// Error: there is no such interface, or /sys does not show it.
    [[nodiscard]] static std::expected<KernelInterface, Error> open(const std::string& name);

    [[nodiscard]] const std::string& name() const { return name_; }

    // These wait for nobody, as they read /sys without the lock that the kernel changes interfaces under.
    // -------------------------------------------------------------------------------------

    [[nodiscard]] InterfaceStatistics statistics() const;
    /// False as well when the interface is gone.
    [[nodiscard]] bool link_up() const;
    /// Whether somebody has set it up, with or without a link.
    [[nodiscard]] bool is_up() const;
    /// How often the link went down since the interface exists; a link that came back within a second shows
    /// here alone.
    [[nodiscard]] std::uint64_t times_down() const;
    /// Receive queues that frames may arrive on; 0: unknown.
    [[nodiscard]] unsigned rx_queues() const;
    [[nodiscard]] std::uint32_t mtu() const;

    // These wait until the kernel has done it, which can take seconds. Not for the control thread.
    // -------------------------------------------------------------------------------------

    /// Up or down, as `ip link set` does.
    [[nodiscard]] std::expected<void, Error> set_up(bool up) const;
    [[nodiscard]] std::expected<void, Error> set_mtu(std::uint32_t mtu) const;
    [[nodiscard]] std::expected<void, Error> set_rx_queues(unsigned count) const;
    /// The words with which `ethtool -L NAME …` sets the number of receive queues: "combined 1" or "rx 1".
    [[nodiscard]] std::string queue_words(unsigned count) const;

    /// The features that are on and whose names begin so; the kernel's names, which `ethtool -K` takes as
    /// well.
    [[nodiscard]] std::vector<std::string> features_on(std::span<const std::string_view> beginnings) const;
    /// Asks for them to be off. Whether they are, `features_on` says.
    void switch_off(std::span<const std::string> names) const;

  private:
    KernelInterface(std::string name, Descriptor folder, Descriptor socket)
        : name_(std::move(name)), folder_(std::move(folder)), socket_(std::move(socket)) {}
    [[nodiscard]] std::optional<std::string> read(const char* file) const;
    [[nodiscard]] std::uint64_t number(const char* file) const;
    [[nodiscard]] bool ethtool(void* request) const;
    struct Feature {
        std::string name;
        bool on;
    };
    using Features = std::vector<Feature>;  ///< in the kernel's order
    [[nodiscard]] Features features() const;

    std::string name_;
    Descriptor folder_;  ///< /sys/class/net/NAME
    Descriptor socket_;  ///< for ioctl
};

}  // namespace honeyswitch::dataplane
