// Ethernet headers on the way to a honeypot and back. IP addresses, ports and TTL are never touched.
//
// Called by whoever owns the buffer: workers, and the control thread for Packet-Outs.
#pragma once

#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "base/headers.hpp"
#include "base/l2_path.hpp"
#include "dataplane/tables/honeypot_table.hpp"

namespace honeyswitch::dataplane {

[[nodiscard]] inline std::uint8_t* bytes_of(rte_mbuf* packet) {
    return rte_pktmbuf_mtod(packet, std::uint8_t*);
}
/// What lies contiguous; headers beyond it are treated as missing.
[[nodiscard]] inline std::span<const std::uint8_t> frame_of(const rte_mbuf* packet) {
    return {rte_pktmbuf_mtod(packet, const std::uint8_t*), packet->data_len};
}

/// Where a frame with `tags` VLAN tags that came in by the honeypot port of this number was sent, as a
/// honeypot's address.
/// Precondition: the frame has an Ethernet header and its tags.
[[nodiscard]] inline HoneypotAddress sender_address(std::span<const std::uint8_t> frame, unsigned tags,
                                                    unsigned port) {
    const std::uint16_t tci =
        tags == 0 ? std::uint16_t{0} : load<VlanTag>(frame.data() + ether_addresses_size).tci.host();
    return HoneypotAddress::of_sender(load<std::uint64_t>(frame.data() + sizeof(EtherAddress)), tci & 0xfffU,
                                      port);
}

/// Strips `tags` VLAN tags, of which there is at least one.
void strip_tags(rte_mbuf* packet, unsigned tags);

/// Puts a VLAN tag in: TPID 0x8100, this identifier. False: the buffer has no room in front, and is as it
/// was.
[[nodiscard]] bool insert_tag(rte_mbuf* packet, std::uint16_t vlan);

/// Strips `tags` VLAN tags and addresses the frame to the honeypot, with the tag of its VLAN. False: the
/// buffer has no room in front.
[[nodiscard]] inline bool address_to_honeypot(rte_mbuf* packet, unsigned tags, HoneypotAddress address) {
    if (tags != 0) [[unlikely]]
        strip_tags(packet, tags);
    if (address.vlan() != 0 && !insert_tag(packet, address.vlan())) [[unlikely]]
        return false;
    address.write_mac(bytes_of(packet));
    return true;
}

/// Replaces the Ethernet header of a honeypot's frame with `tags` VLAN tags by the way back: MAC pair
/// swapped, tags of `path`. False: the buffer has no room in front, and is as it was.
[[nodiscard]] bool address_back(rte_mbuf* packet, unsigned tags, const L2Path& path);

}  // namespace honeyswitch::dataplane
