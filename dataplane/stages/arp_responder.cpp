#include "dataplane/stages/arp_responder.hpp"

#include "base/headers.hpp"

namespace honeyswitch::dataplane {

ArpOutcome answer_arp(std::span<std::uint8_t> frame, const L3View& l3, const EtherAddress& own) {
    if (frame.size() < l3.l3_offset + sizeof(ArpPacket)) return ArpOutcome::malformed;
    auto arp = load<ArpPacket>(frame.data() + l3.l3_offset);
    if (!arp.is_ipv4_over_ethernet()) return ArpOutcome::malformed;
    // One who speaks for another's MAC address could take the honeypot's sessions away by a single frame.
    if (arp.sender_mac != load<EtherAddress>(frame.data() + sizeof(EtherAddress)))
        return ArpOutcome::malformed;
    const EtherAddress sender = arp.sender_mac;

    // RFC 5227: a probe (sender 0.0.0.0) or an announcement (sender is target) asks whether its own address
    // is taken; an answer would make the honeypot give that address up.
    const bool own_address = arp.sender_ip == std::array<std::uint8_t, 4>{} || arp.sender_ip == arp.target_ip;
    if (arp.operation != arp_request || own_address) return ArpOutcome::heard;

    const auto wanted = arp.target_ip;
    arp.operation = arp_reply;
    arp.target_mac = arp.sender_mac;
    arp.target_ip = arp.sender_ip;
    arp.sender_mac = own;
    arp.sender_ip = wanted;
    store(frame.data(), sender);
    store(frame.data() + sizeof(EtherAddress), own);
    store(frame.data() + l3.l3_offset, arp);
    return ArpOutcome::answered;
}

}  // namespace honeyswitch::dataplane
