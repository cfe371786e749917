#include "dataplane/pipeline.hpp"

#include "dataplane/arp_responder.hpp"
#include "dataplane/rewrite.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace address_state;

constexpr std::uint8_t stateless_honeypot = 0;

Counter pass_reason(L3Result result) {
    const bool malformed = result == L3Result::frame_too_short || result == L3Result::bad_ipv4_header ||
                           result == L3Result::too_many_tags;
    return malformed ? Counter::outside_to_inside_malformed : Counter::outside_to_inside_not_ipv4;
}

/// Priority 2 alone decides: the destination is active, or in no known domain, and no session exists for it.
bool goes_inside_at_once(std::uint8_t state) {
    return (state & (inside | sighted)) != 0 && (state & sessions) == 0;
}

}  // namespace

void Pipeline::from_outside(std::span<rte_mbuf*> packets) {
    std::array<std::uint32_t, burst_size> destinations;
    std::array<std::uint8_t, burst_size> states;
    for (std::size_t i = 0; i < packets.size(); ++i)
        destinations[i] =
            parse_l3(frame_of(packets[i]), packets[i]->pkt_len).destination;  // 0.0.0.0 unless IPv4
    tables_.addresses.lookup(std::span(destinations).first(packets.size()), states);
    if (config_.open_containment) remember_path(packets[0]);

    candidates_.count = 0;
    std::size_t passing = 0;  // those that go inside are moved to the front, in order
    std::size_t ipv4 = 0;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (goes_inside_at_once(states[i])) [[likely]] {
            if (destinations[i] != 0) [[likely]]
                ++ipv4;
            else
                count_strange(packets[i]);
            packets[passing++] = packets[i];
        } else {
            candidates_.add(packets[i], states[i]);
        }
    }
    counters_.add(Counter::outside_to_inside_active, ipv4);
    if (passing != 0) transmitter_.send(Side::inside, packets.first(passing));
    if (candidates_.count == 0) return;

    punts_.count = 0;
    find_sessions(From::outside);
    for (std::size_t i = 0; i < candidates_.count; ++i) decide_outside(i);
    hand_over();
}

void Pipeline::count_strange(rte_mbuf* packet) {
    const L3Result result = parse_l3(frame_of(packet), packet->pkt_len).result;
    counters_.add(result == L3Result::ipv4 ? Counter::outside_to_inside_active : pass_reason(result));
}

void Pipeline::remember_path(rte_mbuf* packet) {
    const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
    if (l3.result == L3Result::ipv4) latest_path_ = l2_path_of(frame_of(packet), l3);
}

/// The rest of the decision, for a destination that is inactive or has sessions, in order of priority.
void Pipeline::decide_outside(std::size_t i) {
    rte_mbuf* const packet = candidates_.packets[i];
    const bool active = (candidates_.states[i] & (inside | sighted)) != 0;
    if (!candidates_.plain[i]) return decide_outside_unusual(i, active);
    if (candidates_.sessions[i] != nullptr) return divert(packet, 0, *candidates_.sessions[i]);
    if (active) return send_inside(packet, Counter::outside_to_inside_active);
    decide_inactive(packet);
}

/// The same for tagged packets, fragments, ICMP and what else parse_plain leaves over.
void Pipeline::decide_outside_unusual(std::size_t i, bool active) {
    rte_mbuf* const packet = candidates_.packets[i];
    const SessionView& view = candidates_.views[i];
    if (!view.valid) return send_inside(packet, Counter::outside_to_inside_malformed);
    if (candidates_.sessions[i] != nullptr) {
        if (lacks_companion(view)) return punts_.add(packet, Side::honeypot, candidates_.sessions[i]);
        return divert(packet, candidates_.l3[i].tag_count, *candidates_.sessions[i]);
    }
    // A fragment without ports, for an active address that has sessions: the control thread knows whose it
    // is.
    if (active && view.following_fragment && control_alive_) return punts_.add(packet, Side::inside);
    if (active) return send_inside(packet, Counter::outside_to_inside_active);
    decide_inactive(packet);
}

void Pipeline::decide_inactive(rte_mbuf* packet) {
    if (!control_alive_) return send_inside(packet, Counter::outside_to_inside_fail_open);
    // No session can be added: the control thread could do no more than this.
    if (!tables_.sessions.has_room()) return divert_stateless(packet);
    punts_.add(packet, Side::honeypot);
}

void Pipeline::find_sessions(From from) {
    for (std::size_t i = 0; i < candidates_.count; ++i) {
        rte_mbuf* const packet = candidates_.packets[i];
        candidates_.plain[i] = parse_plain(frame_of(packet), packet->pkt_len, from, candidates_.keys[i]);
        if (!candidates_.plain[i]) [[unlikely]]
            parse(i, from);
    }
    tables_.sessions.lookup(std::span(candidates_.keys).first(candidates_.count), candidates_.sessions);
}

void Pipeline::parse(std::size_t i, From from) {
    const auto frame = frame_of(candidates_.packets[i]);
    candidates_.l3[i] = parse_l3(frame, candidates_.packets[i]->pkt_len);
    candidates_.views[i] = parse_session(frame, candidates_.l3[i], from);
    candidates_.keys[i] = candidates_.views[i].key;
}

/// The first fragment of a session's datagram opens the way for the following ones, which have no ports.
bool Pipeline::lacks_companion(const SessionView& view) const {
    return view.first_fragment && control_alive_ && view.own_key.kind == KeyKind::ports &&
           !tables_.sessions.find(companion_of(view.own_key));
}

void Pipeline::divert(rte_mbuf* packet, std::uint8_t tag_count, Session& session) {
    const auto mac = tables_.honeypots.mac(session.honeypot);
    if (!mac) return send_inside(packet, Counter::outside_to_inside_no_honeypot);
    session.path.update(bytes_of(packet), tag_count);
    Session::add(session.bytes_in, session.packets_in, packet->pkt_len);
    session.seen(now_);
    address_to_honeypot(packet, tag_count, *mac);
    counters_.add(Counter::outside_to_honeypot_session);
    transmitter_.send(Side::honeypot, packet);
}

void Pipeline::divert_stateless(rte_mbuf* packet) {
    const auto mac = tables_.honeypots.mac(stateless_honeypot);
    if (!mac) return send_inside(packet, Counter::outside_to_inside_no_honeypot);
    const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
    address_to_honeypot(packet, l3.tag_count, *mac);
    counters_.add(Counter::outside_to_honeypot_stateless);
    transmitter_.send(Side::honeypot, packet);
}

void Pipeline::send_inside(rte_mbuf* packet, Counter reason) {
    counters_.add(reason);
    transmitter_.send(Side::inside, packet);
}

void Pipeline::from_inside(std::span<rte_mbuf*> packets) {
    std::array<std::uint32_t, burst_size> sources;
    std::array<std::uint8_t, burst_size> states;
    for (std::size_t i = 0; i < packets.size(); ++i)
        sources[i] = parse_l3(frame_of(packets[i]), packets[i]->pkt_len).source;  // 0.0.0.0 unless IPv4
    tables_.addresses.lookup(std::span(sources).first(packets.size()), states);
    for (std::size_t i = 0; i < packets.size(); ++i)
        if (AddressTable::notable(states[i])) [[unlikely]]
            counters_.add(tables_.addresses.sight(sources[i]) ? Counter::inside_sightings
                                                              : Counter::inside_sightings_refused);
    // The sightings are in effect before the packets that made them leave: no answer can come too early.
    counters_.add(Counter::inside_to_outside, packets.size());
    transmitter_.send(Side::outside, packets);
}

void Pipeline::from_honeypot(std::span<rte_mbuf*> packets) {
    candidates_.count = 0;
    for (rte_mbuf* const packet : packets) {
        const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
        if (l3.result == L3Result::ipv4)
            candidates_.add(packet, 0);
        else
            from_honeypot_other(packet, l3);
    }
    if (candidates_.count == 0) return;

    punts_.count = 0;
    find_sessions(From::honeypot);
    for (std::size_t i = 0; i < candidates_.count; ++i) decide_honeypot(i);
    hand_over();
}

void Pipeline::decide_honeypot(std::size_t i) {
    rte_mbuf* const packet = candidates_.packets[i];
    Session* const session = candidates_.sessions[i];
    if (candidates_.plain[i]) {
        if (session != nullptr) return reply(packet, 0, *session);
        return contain(packet, 0, Counter::honeypot_contained_no_session);
    }
    const std::uint8_t tag_count = candidates_.l3[i].tag_count;
    const SessionView& view = candidates_.views[i];
    if (!view.valid) return contain(packet, tag_count, Counter::honeypot_contained_malformed);
    if (view.quotes_foreign) return contain(packet, tag_count, Counter::honeypot_contained_no_session);
    if (session != nullptr && !lacks_companion(view)) return reply(packet, tag_count, *session);
    const bool fragment_of_a_session = session != nullptr || view.following_fragment;
    if (fragment_of_a_session && control_alive_) return punts_.add(packet, Side::outside);
    contain(packet, tag_count, Counter::honeypot_contained_no_session);
}

void Pipeline::reply(rte_mbuf* packet, std::uint8_t tag_count, Session& session) {
    Session::add(session.bytes_out, session.packets_out, packet->pkt_len);
    session.seen(now_);
    if (!address_back(packet, tag_count, session.path.load())) {
        counters_.add(Counter::dropped_no_headroom);
        return rte_pktmbuf_free(packet);
    }
    counters_.add(Counter::honeypot_to_outside_session);
    transmitter_.send(Side::outside, packet);
}

void Pipeline::contain(rte_mbuf* packet, std::uint8_t tag_count, Counter reason) {
    const bool open = config_.open_containment && reason == Counter::honeypot_contained_no_session;
    if (open && address_back(packet, tag_count, latest_path_)) {
        counters_.add(Counter::honeypot_to_outside_open);
        return transmitter_.send(Side::outside, packet);
    }
    counters_.add(reason);
    rte_pktmbuf_free(packet);
}

void Pipeline::from_honeypot_other(rte_mbuf* packet, const L3View& l3) {
    if (l3.result != L3Result::arp) {
        counters_.add(pass_reason(l3.result) == Counter::outside_to_inside_malformed
                          ? Counter::honeypot_contained_malformed
                          : Counter::honeypot_contained_not_ipv4);
        return rte_pktmbuf_free(packet);
    }
    EtherAddress sender;
    const auto outcome =
        answer_arp({bytes_of(packet), packet->data_len}, l3, config_.honeypot_port_mac, sender);
    if (outcome != ArpOutcome::malformed) tables_.arp_sender.heard(sender, now_);
    if (outcome == ArpOutcome::answered) {
        counters_.add(Counter::honeypot_arp_answered);
        return transmitter_.send(Side::honeypot, packet);
    }
    counters_.add(outcome == ArpOutcome::heard ? Counter::honeypot_arp_heard
                                               : Counter::honeypot_contained_malformed);
    rte_pktmbuf_free(packet);
}

void Pipeline::hand_over() {
    if (punts_.count == 0) return;
    const unsigned taken = punt_ring_.give(std::span(punts_.packets).first(punts_.count));
    counters_.add(Counter::punted, taken);
    for (std::size_t i = taken; i < punts_.count; ++i) {
        rte_mbuf* const packet = punts_.packets[i];
        switch (punts_.otherwise[i]) {
            case Side::honeypot:
                if (punts_.sessions[i] != nullptr)
                    divert(packet, parse_l3(frame_of(packet), packet->pkt_len).tag_count,
                           *punts_.sessions[i]);
                else
                    divert_stateless(packet);
                break;
            case Side::inside:
                send_inside(packet, Counter::outside_to_inside_active);
                break;
            case Side::outside:
                counters_.add(Counter::honeypot_contained_no_session);
                rte_pktmbuf_free(packet);
                break;
        }
    }
}

}  // namespace honeyswitch::dataplane
