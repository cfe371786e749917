// The sockets with which a driver of DPDK reaches an interface of the kernel. The driver keeps them to
// itself, but only they know what they have lost, and only they can be told not to cut frames.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "base/error.hpp"
#include "dataplane/eal/frame_lengths.hpp"
#include "dataplane/eal/port_statistics.hpp"

namespace honeyswitch::dataplane {

/// The process's own descriptors of sockets of this family (AF_XDP, AF_PACKET), in ascending order.
[[nodiscard]] std::vector<int> sockets_of_family(int family);
/// Those that are in `now` and were not in `before`.
[[nodiscard]] std::vector<int> opened_since(std::span<const int> before, std::span<const int> now);
/// Of AF_PACKET sockets, those that are bound to this interface.
[[nodiscard]] std::vector<int> bound_to(std::span<const int> sockets, const std::string& interface);

/// AF_XDP: what the kernel counts of these sockets, together.
[[nodiscard]] SocketStatistics xdp_statistics(std::span<const int> sockets);
/// AF_PACKET: what these sockets have lost since they were asked last.
[[nodiscard]] std::uint64_t take_packet_drops(std::span<const int> sockets);

/// Frames of an AF_PACKET ring.
inline constexpr std::uint32_t packet_ring_length = 2048;
/// The kernel hands the beginning of a longer frame to the driver, which takes it for the whole. With the
/// filter of `mark_cut_frames` nothing but the two MAC addresses is left of such a frame, which no frame of
/// its own can look like: workers drop and count it.
inline constexpr std::uint32_t mark_of_cut_frames = 12;
/// `longest`: the frames that fit the ring.
[[nodiscard]] std::expected<void, Error> mark_cut_frames(std::span<const int> sockets, std::uint32_t longest);
/// The driver may have put a tag back into what is left.
[[nodiscard]] inline bool was_cut(const rte_mbuf& packet) {
    constexpr auto both = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
    const bool put_back = (packet.ol_flags & both) == RTE_MBUF_F_RX_VLAN;
    return packet.pkt_len <= mark_of_cut_frames + (put_back ? sizeof(rte_vlan_hdr) : 0);
}

}  // namespace honeyswitch::dataplane
