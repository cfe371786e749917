// How long a frame may be. Lengths are in bytes, with the Ethernet header and without the FCS.
#pragma once

#include <cstdint>

namespace honeyswitch::dataplane {

inline constexpr std::uint32_t ethernet_header = 14;
/// What every port is asked to pass.
inline constexpr std::uint32_t longest_frame = 1600;
/// 1,500 bytes behind two VLAN tags. A port that passes less is told of at the start.
inline constexpr std::uint32_t full_frame = 1522;
/// An MTU counts neither the Ethernet header nor, for most drivers, tags.
inline constexpr std::uint32_t mtu_for_longest = longest_frame - ethernet_header;

/// What a buffer holds of a frame.
inline constexpr std::uint32_t room_of_buffer = 2048 + 64;
/// The longest frame that an AF_XDP socket takes into a buffer of ours: the kernel keeps room before it.
inline constexpr std::uint32_t xdp_longest = room_of_buffer - 256;
/// The frames of an AF_PACKET ring; net_af_packet wants a power of two, and no more than a buffer has. The
/// kernel puts its own header and the socket's address before what it has received.
inline constexpr std::uint32_t packet_ring_frame = 2048;
inline constexpr std::uint32_t packet_ring_longest = packet_ring_frame - 66;

}  // namespace honeyswitch::dataplane
