// The frames that ask a honeypot whether it lives, and the reading of its TCP answer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/address.hpp"

namespace honeyswitch::control {

/// The header of a TCP segment (RFC 9293 section 3.1) and its addresses; all numbers in host byte order.
struct TcpSegment {
    static constexpr std::uint8_t syn = 0x02, rst = 0x04, ack_flag = 0x10;

    Ipv4Address source, destination;
    std::uint16_t source_port = 0, destination_port = 0;
    std::uint8_t flags = 0;
    std::uint32_t seq = 0, ack = 0;

    [[nodiscard]] bool has(std::uint8_t bits) const { return (flags & bits) == bits; }
    friend bool operator==(const TcpSegment&, const TcpSegment&) = default;
};

/// From the switch's own port towards the honeypot. Both untagged.
struct MacPair {
    MacAddress source, destination;
};
inline constexpr MacAddress broadcast_mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/// Padded to the minimum of IEEE 802.3, without the frame check sequence.
using ProbeFrame = std::array<std::uint8_t, 60>;

/// An ARP request (RFC 826) for `target`, in the name of `sender`. With 0.0.0.0 it claims no address (a probe
/// of RFC 5227, 2.1.1), and there are hosts that never answer such a request.
[[nodiscard]] ProbeFrame arp_question(const MacPair& macs, Ipv4Address sender, Ipv4Address target);

/// A segment without payload and options, with its checksums (RFC 1071).
[[nodiscard]] ProbeFrame tcp_frame(const MacPair& macs, const TcpSegment& segment);

/// `packet` begins with the IPv4 header. nullopt: not TCP over IPv4, cut short, or a fragment. The checksum
/// is not looked at: between interfaces of one kernel it is not filled in.
[[nodiscard]] std::optional<TcpSegment> read_tcp_segment(std::span<const std::uint8_t> packet);

}  // namespace honeyswitch::control
