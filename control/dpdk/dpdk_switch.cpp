#include "control/dpdk/dpdk_switch.hpp"

#include <algorithm>
#include <utility>

#include <rte_cycles.h>
#include <rte_pause.h>

#include "base/stamp.hpp"
#include "control/dpdk/prefix_of.hpp"
#include "dataplane/stages/packet_in_note.hpp"
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

TimePoint last_seen_of(const Session& session, TimePoint now) {
    return Stamp32(session.last_seen.load(std::memory_order_relaxed)).before(now);
}

}  // namespace

std::expected<void, Error> DpdkSwitch::add_domain(Ipv4Prefix prefix, DomainAction action,
                                                  std::span<const Ipv4Address> active) {
    std::vector<std::uint32_t> addresses;
    addresses.reserve(active.size());
    for (const Ipv4Address address : active) addresses.push_back(address.value);
    const auto kind =
        action == DomainAction::packet_in ? dataplane::DomainKind::known : dataplane::DomainKind::unknown;
    auto added = plane_.addresses().add_domain(prefix_of(prefix), kind, addresses);
    if (!added) added.error().object = "domain " + to_string(prefix);
    return added;
}

void DpdkSwitch::delete_domain(Ipv4Prefix prefix) {
    plane_.addresses().remove_domain(prefix_of(prefix));
}

std::optional<FlowId> DpdkSwitch::add_session(const SessionFlow& session, TimePoint now) {
    const std::uint32_t destination = session.key.inside.host();
    plane_.addresses().session_added(destination);  // the mark comes before the session
    const auto index = plane_.sessions().add({.key = session.key,
                                              .path = session.path,
                                              .honeypot = std::to_underlying(session.honeypot),
                                              .progress = session.progress,
                                              .counted = session.counted,
                                              .contained = session.contained,
                                              .lasting = session.lasting},
                                             static_cast<std::uint64_t>(now.time_since_epoch().count()));
    if (!index) {
        plane_.addresses().session_removed(destination);
        return std::nullopt;
    }
    ++honeypot_sessions_.at(std::to_underlying(session.honeypot));
    return FlowId{*index};
}

/// Another honeypot for a running session.
void DpdkSwitch::rehome(Session& session, HoneypotIndex honeypot) {
    --honeypot_sessions_.at(session.honeypot.load(std::memory_order_relaxed));
    ++honeypot_sessions_.at(honeypot);
    session.honeypot.store(honeypot, std::memory_order_relaxed);
}

void DpdkSwitch::delete_sessions(std::span<const FlowId> flows) {
    for (const FlowId flow : flows) {
        const auto index = static_cast<std::uint32_t>(flow);
        const auto* const key = plane_.sessions().key_of(index);
        if (key == nullptr) continue;
        const std::uint32_t destination = key->inside.host();
        --honeypot_sessions_.at(plane_.sessions().at(index).honeypot.load(std::memory_order_relaxed));
        plane_.sessions().remove(index);
        plane_.addresses().session_removed(destination);
    }
    plane_.sessions().end_batch();
}

TimePoint DpdkSwitch::last_seen(FlowId flow) const {
    return last_seen_of(plane_.sessions().at(static_cast<std::uint32_t>(flow)), now_);
}

std::optional<SessionStats> DpdkSwitch::session(FlowId flow) const {
    const auto index = static_cast<std::uint32_t>(flow);
    const auto* const key = plane_.sessions().key_of(index);
    if (key == nullptr) return std::nullopt;
    const Session& session = plane_.sessions().at(index);
    return SessionStats{.key = *key,
                        .path = plane_.sessions().way_back(session),
                        .honeypot = HoneypotId{session.honeypot.load(std::memory_order_relaxed)},
                        .progress = session.progress.load(std::memory_order_relaxed),
                        .created = TimePoint{Milliseconds{static_cast<std::int64_t>(session.created)}},
                        .last_seen = last_seen_of(session, now_),
                        .packets_in = session.packets_in.load(std::memory_order_relaxed),
                        .bytes_in = session.bytes_in.load(std::memory_order_relaxed),
                        .packets_out = session.packets_out.load(std::memory_order_relaxed),
                        .bytes_out = session.bytes_out.load(std::memory_order_relaxed)};
}

std::optional<SessionProgress> DpdkSwitch::take_progress(FlowId flow) {
    const auto index = std::to_underlying(flow);
    const auto* const key = plane_.sessions().key_of(index);
    if (key == nullptr) return std::nullopt;
    Session& session = plane_.sessions().at(index);
    const Step before = session.counted;
    session.counted = std::max(before, session.progress.load(std::memory_order_relaxed));
    return SessionProgress{*key, before, session.counted};
}

std::size_t DpdkSwitch::take_payloads(std::span<FlowId> flows) {
    std::array<dataplane::SessionTable::Index, 256> indices;
    const std::size_t count =
        plane_.sessions().take_payloads(std::span(indices).first(std::min(flows.size(), indices.size())));
    for (std::size_t i = 0; i < count; ++i) flows[i] = FlowId{indices[i]};
    return count;
}

std::optional<HoneypotId> DpdkSwitch::choose(PoolId pool, const SessionKey& key) const {
    const auto honeypot = plane_.pools().choose(std::to_underlying(pool), key);
    return honeypot == dataplane::no_honeypot ? std::nullopt : std::optional(HoneypotId{honeypot});
}

bool DpdkSwitch::move_source(Ipv4Address source, PoolId from, PoolId to) {
    const dataplane::Prefix prefix = prefix_of(Ipv4Prefix::of(source, 32));
    const auto listing = plane_.listed().at(prefix);
    if (!plane_.listed().set(prefix, listing.moved(std::to_underlying(from), std::to_underlying(to))))
        return false;
    move_witness_(source, from, to);
    return true;
}

void DpdkSwitch::move_back(Ipv4Address source) {
    const dataplane::Prefix prefix = prefix_of(Ipv4Prefix::of(source, 32));
    (void)plane_.listed().set(prefix, plane_.listed().at(prefix).not_moved());  // what is there has room
}

void DpdkSwitch::move_sessions(HoneypotId from, std::uint32_t first, std::uint32_t count, PoolId pool) {
    for (std::uint32_t index = first; index < first + count; ++index) {
        const auto* const key = plane_.sessions().key_of(index);
        if (key == nullptr) continue;
        Session& session = plane_.sessions().at(index);
        if (session.honeypot.load(std::memory_order_relaxed) != std::to_underlying(from)) continue;
        if (const auto to = choose(pool, *key)) rehome(session, std::to_underlying(*to));
    }
}

void DpdkSwitch::renumber_honeypots(std::span<const std::uint8_t> numbers) {
    for (std::uint32_t index = 0; index < session_capacity(); ++index) {
        const auto* const key = plane_.sessions().key_of(index);
        if (key == nullptr) continue;
        Session& session = plane_.sessions().at(index);
        const HoneypotIndex old = session.honeypot.load(std::memory_order_relaxed);
        if (old >= numbers.size()) continue;
        const bool gone = numbers[old] == dataplane::no_honeypot;
        rehome(session, gone ? plane_.pools().choose(0, *key) : numbers[old]);
    }
}

void DpdkSwitch::set_policy(std::unique_ptr<const dataplane::Policy> policy) {
    auto old = plane_.policy().swap(std::move(policy));
    retired_policies_.push_back({std::move(old), barrier_request()});
}

std::uint64_t DpdkSwitch::sessions_in(Ipv4Prefix domain) const {
    return plane_.addresses().sessions_in(prefix_of(domain));
}

void DpdkSwitch::packet_out(BufferId buffer, FlowId flow) {
    rte_mbuf* const packet = packet_of(buffer);
    Session& session = plane_.sessions().at(std::to_underlying(flow));
    const PacketInNote& note = dataplane::note_of(packet);
    if (note.from_honeypot()) return send_back(packet, note, session);
    session.seen(wrapped(now_));
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    if (!plane_.honeypots().address(honeypot)) return packet_out_honeypot(buffer, HoneypotId{honeypot});
    plane_.sessions().came_by(session, dataplane::bytes_of(packet), note.tag_count, latest_path_);
    Session::add(session.bytes_in, session.packets_in, packet->pkt_len);
    if (dataplane::may_advance(session) &&
        dataplane::advance(session, dataplane::frame_of(packet), note.l3()))
        plane_.sessions().payload_reached(session);
    packet_out_honeypot(buffer, HoneypotId{honeypot});
}

/// What a worker asks of a reply before it lets it out, for those that have come here: whose the session is,
/// and whether it is contained, may have shown itself only now. The worker has counted it against the caps.
void DpdkSwitch::send_back(rte_mbuf* packet, const PacketInNote& note, Session& session) {
    if (session.contained) return drop(packet, ControlCounter::packet_in_contained_campus);
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    if (sender_of(packet, note, honeypot) != honeypot)
        return drop(packet, ControlCounter::packet_in_contained_foreign);
    const std::uint32_t bytes = packet->pkt_len;
    if (!dataplane::address_back(packet, note.tag_count, plane_.sessions().way_back(session)))
        return drop(packet, ControlCounter::packet_in_no_headroom);
    Session::add(session.bytes_out, session.packets_out, bytes);
    session.seen(wrapped(now_));
    send(packet, dataplane::outside_port);
}

void DpdkSwitch::packet_out_inside(BufferId buffer) {
    send(packet_of(buffer), dataplane::inside_port);
}

void DpdkSwitch::packet_out_honeypot(BufferId buffer, HoneypotId honeypot) {
    rte_mbuf* const packet = packet_of(buffer);
    const auto address = plane_.honeypots().address(std::to_underlying(honeypot));
    if (!address) return to_no_honeypot(packet, address.error().drops);
    if (!dataplane::address_to_honeypot(packet, dataplane::note_of(packet).tag_count, *address))
        return drop(packet, ControlCounter::packet_in_no_headroom);
    send(packet, address->port());
}

void DpdkSwitch::to_no_honeypot(rte_mbuf* packet, bool dropped) {
    if (dropped) return drop(packet, ControlCounter::packet_in_dropped_no_honeypot);
    counters_.add(ControlCounter::packet_in_no_honeypot);
    send(packet, dataplane::inside_port);
}

/// The controller has counted why.
void DpdkSwitch::drop(BufferId buffer) {
    rte_pktmbuf_free(packet_of(buffer));
}

/// The only other place where a packet ends here.
void DpdkSwitch::drop(rte_mbuf* packet, ControlCounter reason) {
    counters_.add(reason);
    rte_pktmbuf_free(packet);
}

/// Back to the worker that it came from.
void DpdkSwitch::send(rte_mbuf* packet, dataplane::PortIndex port) {
    packet->port = port;
    const std::size_t worker = dataplane::note_of(packet).worker;
    Outgoing& outgoing = outgoing_[worker];
    outgoing.packets[outgoing.count++] = packet;
    if (outgoing.count == outgoing.packets.size()) flush(worker);
}

void DpdkSwitch::flush() {
    for (std::size_t worker = 0; worker < outgoing_.size(); ++worker)
        if (outgoing_[worker].count != 0) flush(worker);
}

void DpdkSwitch::settle() {
    flush();
    for (std::size_t worker = 0; worker < outgoing_.size(); ++worker) {
        Outgoing& outgoing = outgoing_[worker];
        if (outgoing.settled == outgoing.received) continue;
        outgoing.settled = outgoing.received;
        plane_.workers()[worker]->settle(outgoing.settled);
    }
}

void DpdkSwitch::flush(std::size_t worker) {
    Outgoing& outgoing = outgoing_[worker];
    auto& egress = plane_.workers()[worker]->egress();
    const auto packets = std::span(outgoing.packets).first(outgoing.count);
    const auto refused = packets.subspan(egress.give(packets));
    if (!refused.empty()) insist(refused, egress);
    outgoing.count = 0;
}

/// The ring was full. A packet for the inside may be a host's: it waits for room, which a worker that runs
/// makes within microseconds, and one that lost its CPU for a while within milliseconds. The packets of one
/// turn share the patience, so that the heartbeat does not wait for all of them one by one.
void DpdkSwitch::insist(std::span<rte_mbuf*> packets, dataplane::MbufRing& egress) {
    const std::uint64_t began = rte_get_tsc_cycles();
    std::uint64_t waited = 0;
    for (rte_mbuf* packet : packets) {
        bool given = egress.give(std::span(&packet, 1)) == 1;
        const bool for_the_inside = packet->port == dataplane::inside_port;
        while (!given && for_the_inside && waited < patience_) {
            rte_pause();
            given = egress.give(std::span(&packet, 1)) == 1;
            waited = rte_get_tsc_cycles() - began;
        }
        if (given) continue;
        drop(packet, ControlCounter::packet_out_dropped);
    }
    patience_ -= std::min(patience_, waited);
}

void DpdkSwitch::set_time(TimePoint now) {
    constexpr std::uint64_t patience_ms = 20;
    now_ = now;
    patience_ = rte_get_tsc_hz() / 1'000 * patience_ms;
}

std::size_t DpdkSwitch::take_sightings(std::span<Ipv4Address> addresses) {
    std::array<std::uint32_t, 256> values;
    const std::size_t count =
        plane_.addresses().take_sightings(std::span(values).first(std::min(addresses.size(), values.size())));
    for (std::size_t i = 0; i < count; ++i) addresses[i] = {values[i]};
    return count;
}

bool DpdkSwitch::send_to_honeypot(std::span<const std::uint8_t> frame, dataplane::PortIndex port,
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

void DpdkSwitch::wait_for_workers() {
    constexpr std::uint64_t patience_ms = 100;
    const Barrier barrier = barrier_request();
    for (const std::uint64_t began = plane_.clock().now_ms(); !barrier_reached(barrier);) {
        if (plane_.clock().now_ms() - began > patience_ms) return;
        rte_pause();
    }
}

void DpdkSwitch::reclaim() {
    plane_.sessions().reclaim();
    plane_.addresses().reclaim();
    std::erase_if(retired_policies_,
                  [&](const RetiredPolicy& retired) { return barrier_reached(retired.barrier); });
}

}  // namespace honeyswitch::control
