// Ethernet headers on the way to a honeypot and back. IP addresses, ports and TTL are never touched.
//
// Called by whoever owns the buffer: workers, and the control thread for Packet-Outs.
#pragma once

#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/honeypot_table.hpp"
#include "dataplane/l2_path.hpp"

namespace honeyswitch::dataplane {

[[nodiscard]] inline std::uint8_t* bytes_of(rte_mbuf* packet) {
    return rte_pktmbuf_mtod(packet, std::uint8_t*);
}
/// What lies contiguous; headers beyond it are treated as missing.
[[nodiscard]] inline std::span<const std::uint8_t> frame_of(const rte_mbuf* packet) {
    return {rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len};
}

/// Strips `tags` VLAN tags, of which there is at least one.
void strip_tags(rte_mbuf* packet, unsigned tags);

/// Strips `tags` VLAN tags and addresses the frame to `mac`.
inline void address_to_honeypot(rte_mbuf* packet, unsigned tags, PackedMac mac) {
    if (tags != 0) [[unlikely]]
        strip_tags(packet, tags);
    mac.write(bytes_of(packet));
}

/// Replaces the Ethernet header of a honeypot's frame with `tags` VLAN tags by the way back: MAC pair
/// swapped, tags of `path`. False: the buffer has no room in front, and is as it was.
[[nodiscard]] bool address_back(rte_mbuf* packet, unsigned tags, const L2Path& path);

}  // namespace honeyswitch::dataplane
