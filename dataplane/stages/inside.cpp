#include "dataplane/stages/inside.hpp"

#include <algorithm>

#include "base/headers.hpp"
#include "base/stamp.hpp"
#include "dataplane/stages/rewrite.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace address_state;

bool is_reset(std::span<const std::uint8_t> frame, const SessionKey& key) {
    constexpr std::size_t place = sizeof(EthernetHeader) + sizeof(Ipv4Header) + tcp_flag::offset;
    return key.protocol == protocol::tcp && frame.size() > place && (frame[place] & tcp_flag::rst) != 0;
}

/// The flow that a packet of the inside shows to be the inside's own. A TCP reset and an ICMP error show
/// none: they say that the host knows nothing of a packet that strayed to it. False: none.
bool own_flow_of(rte_mbuf* packet, SessionKey& key) {
    const auto frame = frame_of(packet);
    if (parse_plain(frame, packet->pkt_len, From::honeypot, key)) return !is_reset(frame, key);
    const L3View l3 = parse_l3(frame, packet->pkt_len);
    if (l3.result != L3Result::ipv4) return false;
    const SessionView view = parse_session(frame, l3, From::honeypot);
    key = view.own_key;
    return view.valid && !view.icmp_error && (view.tcp_flags & tcp_flag::rst) == 0;
}

}  // namespace

void Inside::note(std::span<rte_mbuf* const> packets) const {
    AddressTable& addresses = context_.tables.addresses;
    std::array<std::uint32_t, burst_size> sources;
    std::array<std::uint8_t, burst_size> states;
    for (std::size_t i = 0; i < packets.size(); ++i)
        sources[i] = parse_l3(frame_of(packets[i]), packets[i]->pkt_len).source;  // 0.0.0.0 unless IPv4
    addresses.lookup(std::span(sources).first(packets.size()), states);
    const BurstMask whole = whole_burst(packets.size());
    const BurstMask notable =
        (~having_any(states, address_state::active | sighted) | having_any(states, quiet)) & whole;
    for_each(notable, [&](std::size_t i) {
        context_.counters.add(addresses.sight(sources[i]) ? Counter::inside_sightings
                                                          : Counter::inside_sightings_refused);
    });
    if (context_.policy_concerns_any()) [[unlikely]]
        note_own_flows(packets, sources);
    // The control thread may have begun a session until it saw the sighting.
    if (notable != 0) [[unlikely]]
        addresses.lookup(std::span(sources).first(packets.size()), states);
    const BurstMask with_sessions = having_any(states, sessions) & whole;
    if (with_sessions != 0) [[unlikely]]
        take_back(packets, with_sessions);
}

/// Sessions end whose flow the inside sends on itself, and with them the entry that its fragments would
/// match.
void Inside::take_back(std::span<rte_mbuf* const> packets, BurstMask of_hosts_with_sessions) const {
    const SessionTable& table = context_.tables.sessions;
    std::array<SessionKey, 2 * burst_size> keys;
    std::array<std::uint64_t, 2 * burst_size> hashes;
    std::array<Session*, 2 * burst_size> found;
    std::size_t count = 0;
    const auto ask_for = [&](const SessionKey& key) {
        keys[count] = key;
        hashes[count] = table.hash(key);
        table.prefetch(hashes[count++]);
    };
    for_each(of_hosts_with_sessions, [&](std::size_t i) {
        SessionKey key;
        if (!own_flow_of(packets[i], key)) return;
        ask_for(key);
        if (key.kind == KeyKind::ports) ask_for(companion_of(key));
    });
    table.lookup(std::span(keys).first(count), hashes, found);
    for (std::size_t i = 0; i < count; ++i) {
        if (found[i] == nullptr || found[i]->ended.load(std::memory_order_relaxed)) continue;
        found[i]->ended.store(true, std::memory_order_release);
        context_.counters.add(Counter::inside_ended_sessions);
    }
}

bool Inside::outlived(Session& session) const {
    const std::uint32_t since = session.outlives_since.load(std::memory_order_relaxed);
    if (since == Session::without_limit) return false;
    const std::uint32_t limit = context_.tables.modes.outlive_ms.load(std::memory_order_relaxed);
    if (since == 0)
        session.outlives_since.store(std::clamp(context_.now, 1U, ~0U - 1), std::memory_order_relaxed);
    if (limit != 0 && (since == 0 || Stamp32(since).age(Stamp32(context_.now)) < limit)) return false;
    session.ended.store(true, std::memory_order_release);
    return true;
}

void Inside::note_own_flows(std::span<rte_mbuf* const> packets,
                            std::span<const std::uint32_t> sources) const {
    const Tables& tables = context_.tables;
    const Classifier& classifier = *context_.classifier;
    const bool lists = !tables.sources.lists_none();
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (sources[i] == 0) continue;
        const auto frame = frame_of(packets[i]);
        const std::uint32_t length = packets[i]->pkt_len;
        const bool matters = classifier.may_be_decoy(sources[i]) ||
                             (lists && tables.sources.may_list(parse_l3(frame, length).destination));
        if (!matters) continue;
        SessionKey key;
        if (!parse_plain(frame, length, From::honeypot, key)) {
            const SessionView view = parse_session(frame, parse_l3(frame, length), From::honeypot);
            if (!view.valid) continue;
            key = view.own_key;
        }
        tables.own_flows.sent(tables.sessions.hash(key), context_.now);
    }
}

}  // namespace honeyswitch::dataplane
