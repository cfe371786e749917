#include "control/dpdk/packet_outs.hpp"

#include <algorithm>
#include <utility>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "base/stamp.hpp"
#include "dataplane/stages/rewrite.hpp"
#include "dataplane/stages/session_progress.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::HoneypotIndex;
using dataplane::PacketInNote;
using dataplane::Session;

rte_mbuf* packet_of(BufferId buffer) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a BufferId is a pointer that the controller cannot follow
    return reinterpret_cast<rte_mbuf*>(static_cast<std::uintptr_t>(buffer));
}
std::uint32_t wrapped(TimePoint time) {
    return Stamp32::of(time).milliseconds();
}

}  // namespace

HoneypotIndex sender_of(const dataplane::DataPlane& plane, const rte_mbuf* packet, const PacketInNote& note,
                        HoneypotIndex guess) {
    if (!plane.modes().several_honeypots) return guess;
    return plane.honeypots().holder(dataplane::sender_address(dataplane::frame_of(packet), note.tag_count,
                                                              plane.layout().honeypot_number(note.port)),
                                    guess);
}

void PacketOuts::packet_out(BufferId buffer, FlowId flow, TimePoint now) {
    rte_mbuf* const packet = packet_of(buffer);
    Session& session = plane_.sessions().at(std::to_underlying(flow));
    const PacketInNote& note = dataplane::note_of(packet);
    if (note.from_honeypot) return send_back(packet, note, session, now);
    session.seen(wrapped(now));
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    if (!plane_.honeypots().address(honeypot)) return packet_out_honeypot(buffer, HoneypotId{honeypot});
    plane_.sessions().came_by(session, dataplane::bytes_of(packet), note.tag_count,
                              plane_.layout().way_back_of(note.port), latest_path_);
    Session::add(session.bytes_in, session.packets_in, packet->pkt_len);
    if (dataplane::may_advance(session) &&
        dataplane::advance(plane_.sessions(), session, wrapped(now), dataplane::frame_of(packet), note.l3()))
        plane_.sessions().payload_reached(session);
    packet_out_honeypot(buffer, HoneypotId{honeypot});
}

/// What a worker asks of a reply before it lets it out, for those that have come here: whose the session is,
/// and whether it is contained, may have shown itself only now. The worker has counted it against the caps.
void PacketOuts::send_back(rte_mbuf* packet, const PacketInNote& note, Session& session, TimePoint now) {
    if (observes()) return drop(packet, ControlCounter::packet_in_contained);
    if (session.contained) return drop(packet, ControlCounter::packet_in_contained_campus);
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    if (sender_of(plane_, packet, note, honeypot) != honeypot)
        return drop(packet, ControlCounter::packet_in_contained_foreign);
    const std::uint32_t bytes = packet->pkt_len;
    const L2Path path = plane_.sessions().way_back(session);
    if (path.link == no_link) return drop(packet, ControlCounter::packet_in_contained);
    if (!dataplane::address_back(packet, note.tag_count, path))
        return drop(packet, ControlCounter::packet_in_no_headroom);
    Session::add(session.bytes_out, session.packets_out, bytes);
    session.seen(wrapped(now));
    send(packet, dataplane::outside_of(path.link));
}

void PacketOuts::packet_out_inside(BufferId buffer) {
    send_inside(packet_of(buffer));
}

/// Precondition: it came from outside.
void PacketOuts::send_inside(rte_mbuf* packet) {
    send(packet, dataplane::partner_of(dataplane::note_of(packet).port));
}

void PacketOuts::packet_out_honeypot(BufferId buffer, HoneypotId honeypot) {
    rte_mbuf* const packet = packet_of(buffer);
    if (observes() || dataplane::note_of(packet).copy) return send_inside(packet);
    const auto address = plane_.honeypots().address(std::to_underlying(honeypot));
    if (!address) return to_no_honeypot(packet, address.error().drops);
    if (!dataplane::address_to_honeypot(packet, dataplane::note_of(packet).tag_count, *address))
        return drop(packet, ControlCounter::packet_in_no_headroom);
    send(packet, plane_.layout().honeypot_port(address->port()));
}

void PacketOuts::to_no_honeypot(rte_mbuf* packet, bool dropped) {
    if (dropped) return drop(packet, ControlCounter::packet_in_dropped_no_honeypot);
    counters_.add(ControlCounter::packet_in_no_honeypot);
    send_inside(packet);
}

/// The controller has counted why.
void PacketOuts::drop(BufferId buffer) {
    rte_pktmbuf_free(packet_of(buffer));
}

FirstPacket PacketOuts::headers_of(BufferId buffer) const {
    rte_mbuf* const packet = packet_of(buffer);
    return read_first_packet(dataplane::frame_of(packet).subspan(dataplane::note_of(packet).l3().l3_offset));
}

/// The only other place where a packet ends here.
void PacketOuts::drop(rte_mbuf* packet, ControlCounter reason) {
    counters_.add(reason);
    rte_pktmbuf_free(packet);
}

/// Back to the worker that it came from; the copy of a packet that has passed ends here.
void PacketOuts::send(rte_mbuf* packet, dataplane::PortIndex port) {
    const PacketInNote& note = dataplane::note_of(packet);
    if (note.copy) return drop(packet, ControlCounter::packet_in_observed);
    packet->port = port;
    const std::size_t worker = note.worker;
    Outgoing& outgoing = outgoing_[worker];
    outgoing.packets[outgoing.count++] = packet;
    if (outgoing.count == outgoing.packets.size()) flush(worker);
}

void PacketOuts::flush() {
    for (std::size_t worker = 0; worker < outgoing_.size(); ++worker)
        if (outgoing_[worker].count != 0) flush(worker);
}

void PacketOuts::settle() {
    flush();
    for (std::size_t worker = 0; worker < outgoing_.size(); ++worker) {
        Outgoing& outgoing = outgoing_[worker];
        if (outgoing.settled == outgoing.received) continue;
        outgoing.settled = outgoing.received;
        plane_.workers()[worker]->settle(outgoing.settled);
    }
}

void PacketOuts::flush(std::size_t worker) {
    Outgoing& outgoing = outgoing_[worker];
    auto& packet_outs = plane_.workers()[worker]->packet_outs();
    const auto packets = std::span(outgoing.packets).first(outgoing.count);
    const auto refused = packets.subspan(packet_outs.give(packets));
    if (!refused.empty()) insist(refused, packet_outs);
    outgoing.count = 0;
}

/// The ring was full. A packet for the inside may be a host's: it waits for room, which a worker that runs
/// makes within microseconds, and one that lost its CPU for a while within milliseconds. The packets of one
/// turn share the patience, so that the heartbeat does not wait for all of them one by one.
void PacketOuts::insist(std::span<rte_mbuf*> packets, dataplane::MbufRing& packet_outs) {
    const std::uint64_t began = rte_get_tsc_cycles();
    std::uint64_t waited = 0;
    for (rte_mbuf* packet : packets) {
        bool given = packet_outs.give(std::span(&packet, 1)) == 1;
        const auto port = static_cast<dataplane::PortIndex>(packet->port);
        const bool for_the_inside = plane_.layout().side_of(port) == dataplane::Side::inside;
        while (!given && for_the_inside && waited < patience_) {
            rte_pause();
            given = packet_outs.give(std::span(&packet, 1)) == 1;
            waited = rte_get_tsc_cycles() - began;
        }
        if (given) continue;
        drop(packet, ControlCounter::packet_out_dropped);
    }
    patience_ -= std::min(patience_, waited);
}

void PacketOuts::begin_turn() {
    constexpr std::uint64_t patience_ms = 20;
    patience_ = rte_get_tsc_hz() / 1'000 * patience_ms;
}

bool PacketOuts::send_to_honeypot(std::span<const std::uint8_t> frame, dataplane::PortIndex port,
                                  std::uint16_t vlan) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(&buffers_);
    if (packet == nullptr) return false;
    char* const place = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
    if (place == nullptr) {
        rte_pktmbuf_free(packet);
        return false;
    }
    std::ranges::copy(frame, reinterpret_cast<std::uint8_t*>(place));
    if (vlan != 0) (void)dataplane::insert_tag(packet, vlan);  // a fresh buffer has room
    (void)dataplane::write_note(packet, {.worker = 0});
    counters_.add(ControlCounter::honeypot_probe_sent);
    send(packet, port);
    return true;
}

}  // namespace honeyswitch::control
