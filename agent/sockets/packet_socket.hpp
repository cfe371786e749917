// Sends and receives ARP frames on one kernel interface (AF_PACKET), all of its VLANs included.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::agent {

/// Needs CAP_NET_RAW. Not blocking. A BPF filter lets only ARP through; the receive buffer holds the answers
/// of a whole domain that come at once.
class PacketSocket {
  public:
    /// `trunk`: also frames of VLANs that the interface itself is no member of (promiscuous mode). Errors: no
    /// such interface, not Ethernet, no permission.
    [[nodiscard]] static std::expected<PacketSocket, Error> open(const std::string& interface, bool trunk);

    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    [[nodiscard]] int interface_index() const { return interface_index_; }

    [[nodiscard]] bool send(Bytes frame) const;

    /// `tci`: of the tag that the kernel took out. `arrived`: when the kernel received the frame.
    using Handler =
        std::function<void(Bytes frame, std::optional<std::uint16_t> tci, Clock::time_point arrived)>;
    /// All that has arrived; false: the interface is gone or down.
    [[nodiscard]] bool receive(const Handler& handler) const;

    /// Frames that the kernel has dropped for want of buffer since the last call.
    [[nodiscard]] std::uint32_t take_drops() const;

  private:
    PacketSocket(Descriptor descriptor, int interface_index)
        : descriptor_(std::move(descriptor)), interface_index_(interface_index) {}

    Descriptor descriptor_;
    int interface_index_;
};

}  // namespace honeyswitch::agent
