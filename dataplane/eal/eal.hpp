// DPDK's environment abstraction layer, started once and cleaned up at the end. Main thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace honeyswitch::dataplane {

enum class Gravity : std::uint8_t { error, warning, information };

class Eal {
  public:
    /// Is told a line of DPDK's log, without its end. Any thread.
    using LogSink = void (*)(Gravity gravity, std::string_view line);

    /// `arguments` as on the command line of any DPDK program, without its name. What DPDK and its libraries
    /// log goes to `log` from here on (nullptr: to standard error), and its help for arguments that it does
    /// not like goes nowhere.
    [[nodiscard]] static std::expected<Eal, Error> start(const std::vector<std::string>& arguments,
                                                         LogSink log = nullptr);
    ~Eal();
    Eal(Eal&& other) noexcept : running_(other.running_) { other.running_ = false; }
    Eal& operator=(Eal&&) = delete;

    /// Makes a device that was not there at start: "net_af_xdp0,iface=eth0". Returns its port number.
    [[nodiscard]] static std::expected<std::uint16_t, Error> attach(const std::string& device_arguments);
    static void detach(std::uint16_t port);
    /// The port of a PCI device that was allowed at start, by its address.
    [[nodiscard]] static std::expected<std::uint16_t, Error> port_of(const std::string& pci_address);

    /// Devices are told where memory lies, as no IOMMU translates for them: whenever DPDK takes more of it,
    /// it asks the kernel, which answers who has CAP_SYS_ADMIN.
    [[nodiscard]] static bool uses_physical_addresses();

    /// Calls `removed`, on a thread of DPDK's, with the name of a device that the kernel wants back (vfio).
    /// An empty function calls nobody any more.
    static void on_removal(std::function<void(const std::string& device)> removed);

  private:
    Eal() = default;
    bool running_ = true;
};

}  // namespace honeyswitch::dataplane
