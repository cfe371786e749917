// A UDP socket towards one controller.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "agent/sockets/socket_address.hpp"
#include "base/bytes.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::agent {

class UdpSocket {
  public:
    /// Leads nowhere: what is sent is lost.
    UdpSocket() = default;
    /// Not blocking. Error: why the address cannot be reached, such as for want of a route.
    [[nodiscard]] static std::expected<UdpSocket, std::string> connect(const SocketAddress& controller);

    /// -1: it leads nowhere.
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    /// What cannot be sent is lost, as any datagram may be: the protocol repeats it.
    void send(Bytes datagram);
    void receive(const std::function<void(Bytes)>& handler);
    /// What the kernel last said of a datagram to the controller: "Connection refused" if nobody listens
    /// there. Empty: nothing, or something was received since.
    [[nodiscard]] std::string failure() const;

  private:
    explicit UdpSocket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

    Descriptor descriptor_;
    int failure_ = 0;  ///< an errno
};

}  // namespace honeyswitch::agent
