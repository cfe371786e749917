// What a port has received and sent, and what it has lost: each frame under one reason, whatever the driver
// or the kernel counts it as.
#pragma once

#include <algorithm>
#include <cstdint>

#include "dataplane/eal/kernel_interface.hpp"

namespace honeyswitch::dataplane {

struct PortStatistics {
    std::uint64_t rx_packets = 0, rx_bytes = 0;
    std::uint64_t rx_missed = 0;     ///< the receive ring was full
    std::uint64_t rx_no_buffer = 0;  ///< no buffer was free
    std::uint64_t rx_too_long = 0;   ///< longer than the port takes
    std::uint64_t rx_crc = 0;        ///< broken on the wire: its check sequence (FCS) is wrong
    std::uint64_t rx_errors = 0;     ///< broken otherwise: too short, or not of whole symbols
    std::uint64_t rx_dropped = 0;    ///< by the kernel, which does not say why
    std::uint64_t tx_packets = 0;    ///< without those of `tx_lost`
    std::uint64_t tx_bytes = 0;
    std::uint64_t tx_lost = 0;  ///< behind the transmit queue: the link was down, or the driver gave up
};

/// What the sockets of a port, through which a driver reaches the kernel, have counted.
struct SocketStatistics {
    std::uint64_t ring_full = 0;
    std::uint64_t dropped = 0;    ///< AF_XDP: the frame was too long, or the kernel found no buffer for it
    std::uint64_t no_buffer = 0;  ///< AF_XDP: asked for a buffer in vain
};

namespace detail {
constexpr std::uint64_t less(std::uint64_t value, std::uint64_t part) {
    return value - std::min(value, part);
}
}  // namespace detail

/// The losses of an interface of the kernel since the port was started: `now` since `began`, and what its
/// sockets say. A driver may count what a socket could not take as dropped itself, or not; so that nothing is
/// counted twice, what the sockets explain is taken out of what the interface has dropped.
[[nodiscard]] constexpr PortStatistics kernel_losses(const InterfaceStatistics& began,
                                                     const InterfaceStatistics& now,
                                                     const SocketStatistics& sockets) {
    using detail::less;
    const std::uint64_t no_buffer = std::min(sockets.dropped, sockets.no_buffer);
    // Drivers that fill in both say the same in both, or count the ring's two sides.
    const std::uint64_t missed =
        std::max(less(now.rx_missed, began.rx_missed), less(now.rx_fifo, began.rx_fifo));
    const std::uint64_t length = less(now.rx_length_errors, began.rx_length_errors);
    PortStatistics lost;
    lost.rx_missed = missed + sockets.ring_full + no_buffer;
    lost.rx_too_long = length + less(sockets.dropped, no_buffer);
    lost.rx_crc = less(now.rx_crc_errors, began.rx_crc_errors);
    lost.rx_errors = less(less(now.rx_errors, began.rx_errors), length + lost.rx_crc);
    lost.rx_dropped = less(less(now.rx_dropped, began.rx_dropped), sockets.ring_full + sockets.dropped);
    lost.tx_lost = less(now.tx_dropped, began.tx_dropped) + less(now.tx_errors, began.tx_errors);
    return lost;
}

/// What a NIC has sent while its link was down is lost, though the NIC may count it as sent.
class SentWhileDown {
  public:
    /// Each second or so. Returns how many of `sent`, since the start, were lost; a second in which the link
    /// was up at one end is given the benefit of the doubt.
    std::uint64_t look(bool link_up, std::uint64_t sent) {
        if (!link_up && was_down_) lost_ += detail::less(sent, sent_);
        was_down_ = !link_up;
        sent_ = sent;
        return lost_;
    }

  private:
    bool was_down_ = false;
    std::uint64_t sent_ = 0, lost_ = 0;
};

}  // namespace honeyswitch::dataplane
