// From a worker's ring to what the controller is told of a Packet-In.
#include <array>

#include "base/stamp.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "dataplane/stages/parse.hpp"
#include "dataplane/stages/rewrite.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::HoneypotIndex;
using dataplane::Side;

BufferId buffer_of(rte_mbuf* packet) {
    return BufferId{reinterpret_cast<std::uintptr_t>(packet)};
}

}  // namespace

std::size_t DpdkSwitch::receive(std::span<PacketIn, burst> packets, HoneypotListener& listener) {
    std::array<rte_mbuf*, burst> buffers;
    next_worker_ = (next_worker_ + 1) % plane_.workers().size();
    const unsigned taken = plane_.workers()[next_worker_]->punts().take(buffers);
    outgoing_[next_worker_].received += taken;
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(buffers[i]);
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(rte_pktmbuf_mtod(buffers[i], void*));
    std::size_t count = 0;
    for (unsigned i = 0; i < taken; ++i) {
        buffers[i]->hash.usr = static_cast<std::uint32_t>(next_worker_);
        if (hear(buffers[i], listener)) continue;
        if (describe(buffers[i], packets[count])) {
            ++count;
            continue;
        }
        counters_.add(ControlCounter::packet_in_malformed);
        send(buffers[i], dataplane::inside_port);
    }
    judge(packets.first(count));
    return count;
}

/// What only the watch over the honeypots cares about, and what can be nothing else: it goes no further.
bool DpdkSwitch::hear(rte_mbuf* packet, HoneypotListener& listener) {
    const auto port = plane_.index_of(packet->port);
    if (dataplane::side_of(port) != Side::honeypot) return false;
    const auto frame = dataplane::frame_of(packet);
    const auto l3 = dataplane::parse_l3(frame, packet->pkt_len);
    const bool ipv4 = l3.result == dataplane::L3Result::ipv4;
    if (ipv4 && l3.destination != probe_source_.value) {
        const bool valid = dataplane::parse_session(frame, l3, dataplane::From::honeypot).valid;
        if (valid && sender_of(packet, l3.tag_count, 0) != dataplane::no_honeypot) return false;
        drop(packet,
             valid ? ControlCounter::packet_in_contained_foreign : ControlCounter::packet_in_contained);
        return true;
    }
    listener.heard(static_cast<std::size_t>(port - dataplane::first_honeypot_port), frame, now_);
    drop(packet, ipv4 ? ControlCounter::honeypot_probe_answered : ControlCounter::honeypot_arp_heard);
    return true;
}

/// By port, VLAN and MAC address, `guess` first; where there is only one honeypot, all that comes is its.
/// `no_honeypot`: nobody's that is in service.
HoneypotIndex DpdkSwitch::sender_of(rte_mbuf* packet, unsigned tags, HoneypotIndex guess) const {
    if (!plane_.modes().several_honeypots) return guess;
    const auto port = plane_.index_of(packet->port);
    return plane_.honeypots().holder(dataplane::sender_address(dataplane::frame_of(packet), tags, port),
                                     guess);
}

bool DpdkSwitch::describe(rte_mbuf* packet, PacketIn& description) {
    const auto frame = dataplane::frame_of(packet);
    const auto l3 = dataplane::parse_l3(frame, packet->pkt_len);
    if (l3.result != dataplane::L3Result::ipv4) return false;
    const auto port = plane_.index_of(packet->port);
    const bool from_honeypot = dataplane::side_of(port) == Side::honeypot;
    const auto from = from_honeypot ? dataplane::From::honeypot : dataplane::From::outside;
    description = {
        .buffer = buffer_of(packet),
        .honeypot = HoneypotId{from_honeypot ? sender_of(packet, l3.tag_count, 0) : HoneypotIndex{0}},
        .path = dataplane::l2_path_of(frame, l3),
        .from_honeypot = from_honeypot,
        .bytes = static_cast<std::uint16_t>(packet->pkt_len)};
    if (dataplane::parse_plain(frame, packet->pkt_len, from, description.key)) return true;
    const auto view = dataplane::parse_session(frame, l3, from);
    if (!view.valid) return false;
    description.key = view.own_key;
    description.fragment = view.first_fragment || view.following_fragment;
    // An ICMP error of a session that began while it was on its way here.
    if (view.icmp_error && find_session(view.key)) description.key = view.key;
    return true;
}

/// What rules and lists say now, and what was diverted without a session. What the controller will ask the
/// session table for, one by one, is on its way into the cache meanwhile.
void DpdkSwitch::judge(std::span<PacketIn> packets) const {
    std::array<SessionKey, burst> keys;
    std::array<std::uint64_t, burst> hashes;
    std::array<dataplane::Listing, burst> listings;
    std::array<Judgement, burst> judgements;
    const auto& policy = plane_.policy().get();
    const auto& listed = plane_.listed();
    const std::uint32_t now = Stamp32::of(now_).milliseconds();
    const bool asks = policy.has_rules() || listed.holds_any();
    for (std::size_t i = 0; i < packets.size(); ++i) {
        keys[i] = packets[i].key;
        hashes[i] = plane_.sessions().hash(keys[i]);
        plane_.sessions().prefetch(hashes[i]);
        plane_.pending().prefetch(hashes[i]);
        if (asks) listings[i] = listed.find(keys[i].outside.host());
    }
    const auto all = std::span(keys).first(packets.size());
    if (asks && !packets.empty()) policy.judge(all, listings, judgements);
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (asks) packets[i].judgement = judgements[i];
        if (packets[i].from_honeypot) continue;
        packets[i].own_flow = plane_.own_flows().has(hashes[i], now);
        const auto flow = plane_.pending().find(hashes[i], now);
        if (flow && plane_.honeypots().address(flow->honeypot))
            packets[i].pending = Pending{HoneypotId{flow->honeypot}, flow->answered};
    }
}

}  // namespace honeyswitch::control
