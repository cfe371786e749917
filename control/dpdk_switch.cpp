#include "control/dpdk_switch.hpp"

#include <algorithm>

#include <rte_pause.h>

#include "dataplane/parse.hpp"
#include "dataplane/rewrite.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Session;
using dataplane::Side;

dataplane::Prefix prefix_of(Ipv4Prefix prefix) {
    return {prefix.network.value, prefix.length};
}

rte_mbuf* packet_of(BufferId buffer) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a BufferId is a pointer that the controller cannot follow
    return reinterpret_cast<rte_mbuf*>(static_cast<std::uintptr_t>(buffer));
}
BufferId buffer_of(rte_mbuf* packet) {
    return BufferId{reinterpret_cast<std::uintptr_t>(packet)};
}

std::uint32_t wrapped(TimePoint time) {
    return static_cast<std::uint32_t>(time.time_since_epoch().count());
}

/// The moment before `now` that `at` (milliseconds modulo 2^32) stands for.
TimePoint unwrapped(std::uint32_t at, TimePoint now) {
    return now - Milliseconds{static_cast<std::int32_t>(wrapped(now) - at)};
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
    if (!added) added.error().object = "domain " + agent::to_string(prefix);
    return added;
}

void DpdkSwitch::delete_domain(Ipv4Prefix prefix) {
    plane_.addresses().remove_domain(prefix_of(prefix));
}

std::optional<FlowId> DpdkSwitch::add_session(const SessionKey& key, const L2Path& path, HoneypotId honeypot,
                                              TimePoint now) {
    const std::uint32_t destination = key.inside.host();
    plane_.addresses().session_added(destination);  // the mark comes before the session
    const auto index = plane_.sessions().add(key, path, static_cast<std::uint8_t>(honeypot), wrapped(now));
    if (!index) {
        plane_.addresses().session_removed(destination);
        return std::nullopt;
    }
    return FlowId{*index};
}

std::optional<FlowId> DpdkSwitch::find_session(const SessionKey& key) const {
    const auto index = plane_.sessions().find(key);
    return index ? std::optional(FlowId{*index}) : std::nullopt;
}

void DpdkSwitch::delete_sessions(std::span<const FlowId> flows) {
    for (const FlowId flow : flows) {
        const auto index = static_cast<std::uint32_t>(flow);
        const auto* const key = plane_.sessions().key_of(index);
        if (key == nullptr) continue;
        const std::uint32_t destination = key->inside.host();
        plane_.sessions().remove(index);
        plane_.addresses().session_removed(destination);
    }
    plane_.sessions().end_batch();
}

TimePoint DpdkSwitch::last_seen(FlowId flow) const {
    const Session& session = plane_.sessions().at(static_cast<std::uint32_t>(flow));
    return unwrapped(session.last_seen.load(std::memory_order_relaxed), now_);
}

std::optional<SessionStats> DpdkSwitch::session(FlowId flow) const {
    const auto index = static_cast<std::uint32_t>(flow);
    const auto* const key = plane_.sessions().key_of(index);
    if (key == nullptr) return std::nullopt;
    const Session& session = plane_.sessions().at(index);
    return SessionStats{.key = *key,
                        .path = session.path.load(),
                        .honeypot = HoneypotId{session.honeypot},
                        .created = unwrapped(session.created, now_),
                        .last_seen = unwrapped(session.last_seen.load(std::memory_order_relaxed), now_),
                        .packets_in = session.packets_in.load(std::memory_order_relaxed),
                        .bytes_in = session.bytes_in.load(std::memory_order_relaxed),
                        .packets_out = session.packets_out.load(std::memory_order_relaxed),
                        .bytes_out = session.bytes_out.load(std::memory_order_relaxed)};
}

std::uint64_t DpdkSwitch::sessions_in(Ipv4Prefix domain) const {
    return plane_.addresses().sessions_in(prefix_of(domain));
}

void DpdkSwitch::packet_out(BufferId buffer, FlowId flow) {
    rte_mbuf* const packet = packet_of(buffer);
    Session& session = plane_.sessions().at(static_cast<std::uint32_t>(flow));
    const auto l3 = dataplane::parse_l3(dataplane::frame_of(packet), packet->pkt_len);
    session.seen(wrapped(now_));
    if (packet->port == plane_.port(Side::honeypot).id()) {
        Session::add(session.bytes_out, session.packets_out, packet->pkt_len);
        if (!dataplane::address_back(packet, l3.tag_count, session.path.load())) return drop(buffer);
        return send(packet, Side::outside);
    }
    const auto mac = plane_.honeypots().mac(session.honeypot);
    if (!mac) return send(packet, Side::inside);
    session.path.update(dataplane::bytes_of(packet), l3.tag_count);
    Session::add(session.bytes_in, session.packets_in, packet->pkt_len);
    dataplane::address_to_honeypot(packet, l3.tag_count, *mac);
    send(packet, Side::honeypot);
}

void DpdkSwitch::packet_out_inside(BufferId buffer) {
    send(packet_of(buffer), Side::inside);
}

void DpdkSwitch::packet_out_honeypot(BufferId buffer, HoneypotId honeypot) {
    rte_mbuf* const packet = packet_of(buffer);
    const auto mac = plane_.honeypots().mac(static_cast<std::uint8_t>(honeypot));
    if (!mac) return send(packet, Side::inside);
    const auto l3 = dataplane::parse_l3(dataplane::frame_of(packet), packet->pkt_len);
    dataplane::address_to_honeypot(packet, l3.tag_count, *mac);
    send(packet, Side::honeypot);
}

void DpdkSwitch::drop(BufferId buffer) {
    rte_pktmbuf_free(packet_of(buffer));
}

/// Back to the worker that it came from.
void DpdkSwitch::send(rte_mbuf* packet, Side side) {
    packet->port = static_cast<std::uint16_t>(side);
    const std::size_t worker = packet->hash.usr;
    Outgoing& outgoing = outgoing_[worker];
    outgoing.packets[outgoing.count++] = packet;
    if (outgoing.count == outgoing.packets.size()) flush(worker);
}

void DpdkSwitch::flush() {
    for (std::size_t worker = 0; worker < outgoing_.size(); ++worker)
        if (outgoing_[worker].count != 0) flush(worker);
}

void DpdkSwitch::flush(std::size_t worker) {
    Outgoing& outgoing = outgoing_[worker];
    auto& egress = plane_.workers()[worker]->egress();
    const auto packets = std::span(outgoing.packets).first(outgoing.count);
    for (rte_mbuf* const packet : packets.subspan(egress.give(packets))) insist(packet, egress);
    outgoing.count = 0;
}

/// The ring was full. A packet for the inside may be a host's: it waits for room, which a worker that runs
/// makes within microseconds.
void DpdkSwitch::insist(rte_mbuf* packet, dataplane::MbufRing& egress) {
    constexpr unsigned patience_for_the_inside = 100'000;
    const bool for_the_inside = packet->port == static_cast<std::uint16_t>(Side::inside);
    for (unsigned attempts = for_the_inside ? patience_for_the_inside : 1; attempts != 0; --attempts) {
        if (egress.give(std::span(&packet, 1)) == 1) return;
        rte_pause();
    }
    ++packet_outs_dropped_;
    rte_pktmbuf_free(packet);
}

std::size_t DpdkSwitch::take_sightings(std::span<Ipv4Address> addresses) {
    std::array<std::uint32_t, 256> values;
    const std::size_t count =
        plane_.addresses().take_sightings(std::span(values).first(std::min(addresses.size(), values.size())));
    for (std::size_t i = 0; i < count; ++i) addresses[i] = {values[i]};
    return count;
}

std::size_t DpdkSwitch::receive(std::span<PacketIn, burst> packets) {
    std::array<rte_mbuf*, burst> buffers;
    next_worker_ = (next_worker_ + 1) % plane_.workers().size();
    const unsigned taken = plane_.workers()[next_worker_]->punts().take(buffers);
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(buffers[i]);
    for (unsigned i = 0; i < taken; ++i) rte_prefetch0(rte_pktmbuf_mtod(buffers[i], void*));
    std::size_t count = 0;
    for (unsigned i = 0; i < taken; ++i) {
        buffers[i]->hash.usr = static_cast<std::uint32_t>(next_worker_);
        if (describe(buffers[i], packets[count]))
            ++count;
        else
            send(buffers[i], Side::inside);
    }
    warm(packets.first(count));
    return count;
}

bool DpdkSwitch::describe(rte_mbuf* packet, PacketIn& description) {
    const auto frame = dataplane::frame_of(packet);
    const auto l3 = dataplane::parse_l3(frame, packet->pkt_len);
    if (l3.result != dataplane::L3Result::ipv4) return false;
    const bool from_honeypot = packet->port == plane_.port(Side::honeypot).id();
    const auto from = from_honeypot ? dataplane::From::honeypot : dataplane::From::outside;
    if (SessionKey key; dataplane::parse_plain(frame, packet->pkt_len, from, key)) {
        description = {.buffer = buffer_of(packet),
                       .key = key,
                       .path = dataplane::l2_path_of(frame, l3),
                       .from_honeypot = from_honeypot,
                       .bytes = static_cast<std::uint16_t>(packet->pkt_len)};
        return true;
    }
    const auto view = dataplane::parse_session(frame, l3, from);
    if (!view.valid) return false;
    description = {.buffer = buffer_of(packet),
                   .key = view.own_key,
                   .path = dataplane::l2_path_of(frame, l3),
                   .from_honeypot = from_honeypot,
                   .fragment = view.first_fragment || view.following_fragment,
                   .bytes = static_cast<std::uint16_t>(packet->pkt_len)};
    // An ICMP error of a session that began while it was on its way here.
    if (view.icmp_error && find_session(view.key)) description.key = view.key;
    return true;
}

/// One bulk look-up brings the buckets of all keys into the cache before they are asked for one by one.
void DpdkSwitch::warm(std::span<const PacketIn> packets) const {
    std::array<SessionKey, burst> keys;
    std::array<Session*, burst> ignored;
    for (std::size_t i = 0; i < packets.size(); ++i) keys[i] = packets[i].key;
    plane_.sessions().lookup(std::span(keys).first(packets.size()), ignored);
}

bool DpdkSwitch::send_to_honeypot(std::span<const std::uint8_t> frame) {
    rte_mbuf* const packet = rte_pktmbuf_alloc(&buffers_);
    if (packet == nullptr) return false;
    char* const place = rte_pktmbuf_append(packet, static_cast<std::uint16_t>(frame.size()));
    if (place == nullptr) {
        rte_pktmbuf_free(packet);
        return false;
    }
    std::ranges::copy(frame, reinterpret_cast<std::uint8_t*>(place));
    packet->hash.usr = 0;
    send(packet, Side::honeypot);
    return true;
}

void DpdkSwitch::reclaim() {
    plane_.sessions().reclaim();
    plane_.addresses().reclaim();
}

}  // namespace honeyswitch::control
