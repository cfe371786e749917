#include "control/dpdk/packet_ins.hpp"

#include <array>

#include "base/stamp.hpp"
#include "dataplane/stages/rewrite.hpp"

namespace honeyswitch::control {

using dataplane::HoneypotIndex;
using dataplane::PacketInNote;

std::size_t PacketIns::receive(std::span<PacketIn, burst> packets, HoneypotListener& listener,
                               TimePoint now) {
    std::array<rte_mbuf*, burst> buffers;
    next_worker_ = (next_worker_ + 1) % plane_.workers().size();
    const unsigned taken = plane_.workers()[next_worker_]->packet_ins().take(buffers);
    outs_.received(next_worker_, taken);
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(buffers[i]);
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(&dataplane::note_of(buffers[i]));
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(rte_pktmbuf_mtod(buffers[i], void*));
    std::size_t count = 0;
    for (unsigned i = 0; i < taken; ++i) {
        const PacketInNote& note = dataplane::note_of(buffers[i]);
        if (hear(buffers[i], note, listener, now)) continue;
        if (describe(buffers[i], note, packets[count])) ++count;
    }
    judge(packets.first(count), now);
    return count;
}

/// What only the watch over the honeypots cares about: it goes no further.
bool PacketIns::hear(rte_mbuf* packet, const PacketInNote& note, HoneypotListener& listener, TimePoint now) {
    const bool arp = note.reason == PacketInReason::honeypot_arp;
    if (!arp && note.reason != PacketInReason::probe_answered) return false;
    listener.heard(plane_.layout().honeypot_number(note.port), dataplane::frame_of(packet), now);
    outs_.drop(packet, arp ? ControlCounter::honeypot_arp_heard : ControlCounter::honeypot_probe_answered);
    return true;
}

/// False: the packet is of a honeypot that is in service no more, and has been dropped.
bool PacketIns::describe(rte_mbuf* packet, const PacketInNote& note, PacketIn& description) {
    const bool from_honeypot = note.from_honeypot;
    const HoneypotIndex sender =
        from_honeypot ? sender_of(plane_, packet, note, note.honeypot) : HoneypotIndex{0};
    if (sender == dataplane::no_honeypot) {
        outs_.drop(packet, ControlCounter::packet_in_contained_foreign);
        return false;
    }
    // An ICMP error may be of a session that began while it was on its way here.
    const bool of_its_own = note.icmp_error && !plane_.sessions().find(note.key, note.hash);
    description = {.buffer = PacketOuts::buffer_of(packet),
                   .reason = note.reason,
                   .key = of_its_own ? note.own_key : note.key,
                   .hash = of_its_own ? plane_.sessions().hash(note.own_key) : note.hash,
                   .honeypot = HoneypotId{sender},
                   .path = dataplane::l2_path_of(dataplane::frame_of(packet), note.l3(),
                                                 plane_.layout().way_back_of(note.port)),
                   .from_honeypot = from_honeypot,
                   .fragment = note.fragment(),
                   .bytes = static_cast<std::uint16_t>(packet->pkt_len)};
    return true;
}

/// What rules and lists say now, and what was diverted without a session. What the controller will ask the
/// session table for, one by one, is on its way into the cache meanwhile.
void PacketIns::judge(std::span<PacketIn> packets, TimePoint time) const {
    std::array<SessionKey, burst> keys;
    std::array<dataplane::Listing, burst> listings;
    std::array<Judgement, burst> judgements;
    const auto& classifier = plane_.classifier().get();
    const auto& listed = plane_.sources();
    const std::uint32_t now = Stamp32::of(time).milliseconds();
    const bool asks = classifier.has_rules() || listed.holds_any();
    for (std::size_t i = 0; i < packets.size(); ++i) {
        keys[i] = packets[i].key;
        plane_.sessions().prefetch(packets[i].hash);
        plane_.pending().prefetch(packets[i].hash);
        if (asks) listings[i] = listed.find(keys[i].outside.host());
    }
    const auto all = std::span(keys).first(packets.size());
    if (asks && !packets.empty()) classifier.judge(all, listings, judgements);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (asks) packets[i].judgement = judgements[i];
        if (packets[i].from_honeypot) continue;
        packets[i].own_flow = plane_.own_flows().has(packets[i].hash, now);
        const auto flow = plane_.pending().find(packets[i].hash, now);
        if (flow && plane_.honeypots().address(flow->honeypot))
            packets[i].pending = Pending{HoneypotId{flow->honeypot}, flow->answered};
    }
}

}  // namespace honeyswitch::control
