// How long a frame may be, and how much room it needs wherever it is put. Lengths are in bytes, with the
// Ethernet header and without the FCS.
#pragma once

#include <algorithm>
#include <cstdint>

namespace honeyswitch::dataplane {

inline constexpr std::uint32_t ethernet_header = 14;
inline constexpr std::uint32_t two_vlan_tags = 8;
/// What the setting mtu does not count of a frame, as routers and NICs do not.
inline constexpr std::uint32_t beside_mtu = ethernet_header + two_vlan_tags;

/// A packet of 1,500 bytes, and 100 more for the labels of MPLS or the header and trailer of MACsec.
inline constexpr std::uint32_t default_mtu = 1600;
inline constexpr std::uint32_t least_mtu = 1500;
/// What fits the longest frame of Intel's NICs, 9,728 bytes with FCS.
inline constexpr std::uint32_t most_mtu = 9702;

/// Frames of so many bytes pass, whatever is in them.
[[nodiscard]] constexpr std::uint32_t longest_frame(std::uint32_t mtu) {
    return mtu + beside_mtu;
}
/// The inverse, for messages: the mtu of a port that passes frames of so many bytes.
[[nodiscard]] constexpr std::uint32_t mtu_of_frame(std::uint32_t frame) {
    return frame - std::min(frame, beside_mtu);
}
/// The MTU of an interface of the kernel, which counts tags.
[[nodiscard]] constexpr std::uint32_t kernel_mtu(std::uint32_t frame) {
    return frame - ethernet_header;
}

/// Before a frame that an AF_XDP socket puts into a buffer of ours, the kernel keeps so much of its room.
inline constexpr std::uint32_t xdp_head = 256;
/// A buffer and all that belongs to it must fit a page there, so this is the longest frame of AF_XDP.
inline constexpr std::uint32_t xdp_most = 2880;

/// What a buffer has room for: one frame as a whole. NICs use whole kilobytes of it, and some ask for the
/// FCS and two tags more than they are to receive. The last 64 bytes make the number of cache lines of a
/// buffer odd (buffer_pool.hpp).
[[nodiscard]] constexpr std::uint32_t room_of_buffer(std::uint32_t frame) {
    constexpr std::uint32_t kilobyte = 1024, least_kilobytes = 2, odd_line = 64;
    constexpr std::uint32_t of_drivers = 40;
    const std::uint32_t needed = frame + (frame <= xdp_most ? xdp_head - odd_line : of_drivers);
    return std::max(least_kilobytes, (needed + kilobyte - 1) / kilobyte) * kilobyte + odd_line;
}
static_assert(room_of_buffer(xdp_most) == xdp_most + xdp_head);
/// The longest frame that an AF_XDP socket takes into a buffer with so much room.
[[nodiscard]] constexpr std::uint32_t xdp_longest(std::uint32_t room) {
    return room - xdp_head;
}

/// The kernel puts its own header and the socket's address before what it has received into an AF_PACKET
/// ring, and aligns it.
inline constexpr std::uint32_t packet_ring_head = 66;
/// A frame's place in an AF_PACKET ring. net_af_packet wants it to be no more than a buffer has.
[[nodiscard]] constexpr std::uint32_t packet_ring_frame(std::uint32_t frame) {
    constexpr std::uint32_t least = 2048, alignment = 64;
    return std::max(least, (frame + packet_ring_head + alignment - 1) / alignment * alignment);
}
[[nodiscard]] constexpr std::uint32_t packet_ring_longest(std::uint32_t frame) {
    return packet_ring_frame(frame) - packet_ring_head;
}
/// net_af_packet takes the places of a ring to follow each other, so the kernel's blocks must have no gap at
/// their ends: with so many places a block is whole pages.
inline constexpr std::uint32_t places_a_block = 64;

}  // namespace honeyswitch::dataplane
