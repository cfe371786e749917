// DPDK's environment abstraction layer, started once and cleaned up at the end. Main thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace honeyswitch::dataplane {

class Eal {
  public:
    /// `arguments` as on the command line of any DPDK program, without its name.
    [[nodiscard]] static std::expected<Eal, Error> start(const std::vector<std::string>& arguments);
    ~Eal();
    Eal(Eal&& other) noexcept : running_(other.running_) { other.running_ = false; }
    Eal& operator=(Eal&&) = delete;

    /// Makes a device that was not there at start: "net_af_xdp0,iface=eth0". Returns its port number.
    [[nodiscard]] static std::expected<std::uint16_t, Error> attach(const std::string& device_arguments);
    static void detach(std::uint16_t port);
    /// The port of a PCI device that was allowed at start, by its address.
    [[nodiscard]] static std::expected<std::uint16_t, Error> port_of(const std::string& pci_address);

  private:
    Eal() = default;
    bool running_ = true;
};

}  // namespace honeyswitch::dataplane
