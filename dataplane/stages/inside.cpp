// From inside: everything passes. What it tells is in effect before it leaves: whose address is in use, and
// whose flows are the inside's own.
#include <algorithm>

#include "base/headers.hpp"
#include "base/stamp.hpp"
#include "dataplane/stages/pipeline.hpp"
#include "dataplane/stages/rewrite.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace address_state;
using Verdict = Judgement::Verdict;

bool is_reset(std::span<const std::uint8_t> frame, const SessionKey& key) {
    constexpr std::size_t place = sizeof(EthernetHeader) + sizeof(Ipv4Header) + tcp_flag::offset;
    return key.protocol == protocol::tcp && frame.size() > place && (frame[place] & tcp_flag::rst) != 0;
}

/// The flow that a packet of the inside shows to be the inside's own. A TCP reset shows none: it says that
/// the host knows nothing of a packet that strayed to it. False: none.
bool own_flow_of(rte_mbuf* packet, SessionKey& key) {
    const auto frame = frame_of(packet);
    if (parse_plain(frame, packet->pkt_len, From::honeypot, key)) return !is_reset(frame, key);
    const L3View l3 = parse_l3(frame, packet->pkt_len);
    if (l3.result != L3Result::ipv4) return false;
    const SessionView view = parse_session(frame, l3, From::honeypot);
    // Its own, not that of a packet which an ICMP error quotes: the error refuses that.
    key = view.own_key;
    return view.valid && (view.tcp_flags & tcp_flag::rst) == 0;
}

}  // namespace

void Pipeline::from_inside(std::span<rte_mbuf*> packets) {
    std::array<std::uint32_t, burst_size> sources;
    std::array<std::uint8_t, burst_size> states;
    for (std::size_t i = 0; i < packets.size(); ++i)
        sources[i] = parse_l3(frame_of(packets[i]), packets[i]->pkt_len).source;  // 0.0.0.0 unless IPv4
    tables_.addresses.lookup(std::span(sources).first(packets.size()), states);
    policy_ = &tables_.policy.get();
    const bool own_flows = policy_->concerns_any() || !tables_.listed.empty();
    const BurstMask whole = whole_burst(packets.size());
    const BurstMask notable = (~having_any(states, inside | sighted) | having_any(states, quiet)) & whole;
    for_each(notable, [&](std::size_t i) {
        counters_.add(tables_.addresses.sight(sources[i]) ? Counter::inside_sightings
                                                          : Counter::inside_sightings_refused);
    });
    if (own_flows) [[unlikely]]
        for (std::size_t i = 0; i < packets.size(); ++i)
            if (sources[i] != 0) note_own_flow(packets[i]);
    // The control thread may have begun a session until it saw the sighting.
    if (notable != 0) [[unlikely]]
        tables_.addresses.lookup(std::span(sources).first(packets.size()), states);
    const BurstMask with_sessions = having_any(states, sessions) & whole;
    if (with_sessions != 0) [[unlikely]]
        take_back(packets, with_sessions);
    // What was noted is in effect before the packets that made it leave: no answer can come too early.
    transmitter_.send(packets, {Counter::inside_to_outside, outside_port});
}

/// Sessions end whose flow the inside sends on itself, and with them the entry that its fragments would
/// match.
void Pipeline::take_back(std::span<rte_mbuf*> packets, BurstMask of_hosts_with_sessions) {
    std::array<SessionKey, 2 * burst_size> keys;
    std::array<std::uint64_t, 2 * burst_size> hashes;
    std::array<Session*, 2 * burst_size> found;
    std::size_t count = 0;
    const auto ask_for = [&](const SessionKey& key) {
        keys[count] = key;
        hashes[count] = tables_.sessions.hash(key);
        tables_.sessions.prefetch(hashes[count++]);
    };
    for_each(of_hosts_with_sessions, [&](std::size_t i) {
        SessionKey key;
        if (!own_flow_of(packets[i], key)) return;
        ask_for(key);
        if (key.kind == KeyKind::ports) ask_for(companion_of(key));
    });
    tables_.sessions.lookup(std::span(keys).first(count), hashes, found);
    for (std::size_t i = 0; i < count; ++i) {
        if (found[i] == nullptr || found[i]->ended.load(std::memory_order_relaxed)) continue;
        found[i]->ended.store(true, std::memory_order_release);
        counters_.add(Counter::inside_ended_sessions);
    }
}

/// A packet from outside whose session has ended, or ends now because it has outlived its address for long
/// enough.
bool Pipeline::is_the_insides(std::size_t i) {
    Session& session = *candidates_.sessions[i];
    if (session.ended.load(std::memory_order_relaxed)) [[unlikely]]
        return true;
    if (!active(i)) [[likely]]
        return false;
    return candidates_.judgements[i].verdict != Verdict::divert && outlived(session);
}

bool Pipeline::outlived(Session& session) const {
    const std::uint32_t since = session.outlives_since.load(std::memory_order_relaxed);
    if (since == Session::without_limit) return false;
    const std::uint32_t limit = tables_.modes.outlive_ms.load(std::memory_order_relaxed);
    if (since == 0) session.outlives_since.store(std::clamp(now_, 1U, ~0U - 1), std::memory_order_relaxed);
    if (limit != 0 && (since == 0 || Stamp32(since).age(Stamp32(now_)) < limit)) return false;
    session.ended.store(true, std::memory_order_release);
    return true;
}

void Pipeline::note_own_flow(rte_mbuf* packet) {
    const auto frame = frame_of(packet);
    const L3View l3 = parse_l3(frame, packet->pkt_len);
    const bool matters = policy_->may_be_decoy(l3.source) ||
                         (!tables_.listed.empty() && tables_.listed.may_list(l3.destination));
    if (!matters) return;
    SessionKey key;
    if (!parse_plain(frame, packet->pkt_len, From::honeypot, key)) {
        const SessionView view = parse_session(frame, l3, From::honeypot);
        if (!view.valid) return;
        key = view.own_key;
    }
    tables_.own_flows.sent(tables_.sessions.hash(key), now_);
}

}  // namespace honeyswitch::dataplane
