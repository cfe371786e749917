// A UDP socket towards one controller.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "base/bytes.hpp"
#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace honeyswitch::agent {

class UdpSocket {
  public:
    /// `controller` is HOST:PORT or HOST, with HOST a name, an IPv4 address or an IPv6 address in brackets.
    /// Not blocking. Errors: it cannot be resolved or reached by any route.
    [[nodiscard]] static std::expected<UdpSocket, Error> connect(const std::string& controller);

    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    /// What cannot be sent is lost, as any datagram may be: the protocol repeats it.
    void send(Bytes datagram) const;
    void receive(const std::function<void(Bytes)>& handler) const;

  private:
    explicit UdpSocket(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

    Descriptor descriptor_;
};

}  // namespace honeyswitch::agent
