#include "dataplane/stages/pipeline.hpp"

#include <algorithm>
#include <bit>

#include "dataplane/stages/rewrite.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace address_state;
using Verdict = Judgement::Verdict;

/// Priority 2 alone decides: the destination is active, or in no known domain, no session exists for it, and
/// no rule or list has a word.
BurstMask going_inside_at_once(const std::array<std::uint8_t, burst_size>& states, BurstMask concerned) {
    return having_any(states, inside | sighted) & ~having_any(states, sessions) & ~concerned;
}

/// In order. Behind them the burst is unspecified. Returns how many there are.
std::size_t move_to_front(std::span<rte_mbuf*> packets, BurstMask chosen) {
    if (chosen == whole_burst(packets.size())) return packets.size();
    std::size_t count = 0;
    for_each(chosen, [&](std::size_t i) { packets[count++] = packets[i]; });
    return count;
}

/// Of a frame that has no destination, or 0.0.0.0.
Counter pass_reason(rte_mbuf* packet) {
    const L3Result result = parse_l3(frame_of(packet), packet->pkt_len).result;
    if (result == L3Result::ipv4) return Counter::outside_to_inside_active;
    const bool malformed = result == L3Result::frame_too_short || result == L3Result::bad_ipv4_header ||
                           result == L3Result::too_many_tags;
    return malformed ? Counter::outside_to_inside_malformed : Counter::outside_to_inside_not_ipv4;
}

}  // namespace

bool Pipeline::from_outside(std::span<rte_mbuf*> packets) {
    std::array<std::uint32_t, burst_size> destinations;
    std::array<std::uint8_t, burst_size> states;
    for (std::size_t i = 0; i < packets.size(); ++i)
        destinations[i] =
            parse_l3(frame_of(packets[i]), packets[i]->pkt_len).destination;  // 0.0.0.0 unless IPv4
    tables_.addresses.lookup(std::span(destinations).first(packets.size()), states);
    policy_ = &tables_.policy.get();
    Notes notes;
    if (policy_->concerns_any() || !tables_.listed.empty()) [[unlikely]]
        note_concerned(packets, destinations, notes);
    if (tables_.modes.open_containment.load(std::memory_order_relaxed)) remember_path(packets[0]);

    newcomers_left_ = newcomers_;
    const BurstMask at_once = going_inside_at_once(states, notes.concerned) & whole_burst(packets.size());
    const BurstMask others = ~at_once & whole_burst(packets.size());
    const BurstMask strange = having_zero(destinations) & at_once;
    const bool sheds = newcomers_ < burst_size && control_alive_ &&
                       static_cast<unsigned>(std::popcount(others)) > std::min(newcomers_, lookups_);
    const BurstMask shed_unseen = sheds ? beyond_limits(packets, states, others & ~notes.spared) : 0;
    take_candidates(packets, states, notes, others & ~shed_unseen);
    drop_in_overload(packets, shed_unseen);
    if (at_once != 0) send_at_once(packets, at_once, strange);
    const bool any_active = (having_any(states, inside | sighted) & whole_burst(packets.size())) != 0;
    if (candidates_.count == 0) return any_active;

    punts_.count = 0;
    find_sessions(From::outside);
    if (sheds) shed_newcomers();
    prefetch_pending();
    judge();
    for_each(whole_burst(candidates_.count) & ~candidates_.shed,
             [this](std::size_t i) { decide_outside(i); });
    hand_over();
    return any_active;
}

/// Behind this the burst is unspecified. `strange`: those of them that have no destination.
void Pipeline::send_at_once(std::span<rte_mbuf*> packets, BurstMask at_once, BurstMask strange) {
    std::array<OddPacket, burst_size> odd;
    std::size_t odd_count = 0;
    for_each(strange, [&](std::size_t i) {
        const auto place = static_cast<std::uint8_t>(std::popcount(at_once & ~(~BurstMask{0} << i)));
        odd[odd_count++] = {place, pass_reason(packets[i])};
    });
    transmitter_.send(packets.first(move_to_front(packets, at_once)),
                      {Counter::outside_to_inside_active, inside_port}, std::span(odd).first(odd_count));
}

/// In an overload: what is dropped without a look-up. These are segments that ask for a new connection (they
/// belong to no running session), and, where that was not enough, others that might belong to one.
BurstMask Pipeline::beyond_limits(std::span<rte_mbuf*> packets,
                                  const std::array<std::uint8_t, burst_size>& states,
                                  BurstMask may_be_shed) const {
    may_be_shed &= ~having_any(states, inside | sighted);
    BurstMask opening = 0;
    for_each(may_be_shed, [&](std::size_t i) {
        opening |= BurstMask{opens_connection(frame_of(packets[i]), packets[i]->pkt_len)} << i;
    });
    const BurstMask asking = may_be_shed & ~opening & having_any(states, sessions);
    return beyond(opening, newcomers_) | beyond(asking, lookups_);
}

void Pipeline::take_candidates(std::span<rte_mbuf*> packets,
                               const std::array<std::uint8_t, burst_size>& states, const Notes& notes,
                               BurstMask taken) {
    candidates_.clear();
    candidates_.notes = {of_chosen(notes.concerned, taken), of_chosen(notes.spared, taken)};
    for_each(taken, [&](std::size_t i) { candidates_.add(packets[i], states[i]); });
    candidates_.any_unmarked = (taken & ~having_any(states, sessions | unwatched)) != 0;
}

void Pipeline::drop_in_overload(std::span<rte_mbuf*> packets, BurstMask dropped) {
    if (dropped == 0) return;
    std::array<rte_mbuf*, burst_size> buffers;
    unsigned count = 0;
    for_each(dropped, [&](std::size_t i) { buffers[count++] = packets[i]; });
    transmitter_.discard(std::span(buffers).first(count), Counter::outside_dropped_overload);
}

/// The rest of the decision, in order of priority: for a destination that is inactive, or has sessions, or
/// that the operator's policy may concern.
void Pipeline::decide_outside(std::size_t i) {
    rte_mbuf* const packet = candidates_.packets[i];
    const Judgement& judgement = candidates_.judgements[i];
    if (!candidates_.plain[i] && !candidates_.views[i].valid)
        return send_inside(packet, Counter::outside_to_inside_malformed);
    if (judgement.verdict == Verdict::benign) return send_inside(packet, Counter::outside_to_inside_benign);
    if (has(candidates_.notes.concerned, i) && active(i) &&
        tables_.own_flows.has(candidates_.hashes[i], now_))
        return send_inside(packet, Counter::outside_to_inside_own_flow);
    const bool ended = candidates_.sessions[i] != nullptr && is_the_insides(i);
    if (candidates_.sessions[i] != nullptr && !ended) return divert(i);
    if (judgement.rule != Judgement::no_rule) policy_->hit(config_.worker, judgement.rule);
    if (judgement.verdict == Verdict::inside) return send_inside(packet, Counter::outside_to_inside_rule);
    if (judgement.verdict == Verdict::drop) return drop(packet, Counter::outside_dropped_rule);
    if (ended) return send_inside(packet, Counter::outside_to_inside_ended_session);
    if (active(i)) return judgement.verdict == Verdict::divert ? decide_decoy(i) : decide_active(i);
    decide_admission(i);
}

void Pipeline::decide_active(std::size_t i) {
    // Behind an earlier one that was handed over when the address was not active yet.
    if (is_fragment(i) && control_alive_ && order_.waits(fragment_hash(i)))
        return punt(i, Side::inside, PacketInReason::behind_fragment);
    send_inside(candidates_.packets[i], Counter::outside_to_inside_active);
}

/// An active address that rules or lists divert. Only what can begin a connection is diverted: the host may
/// have connections of its own from before, and answers to its own are not for the honeypot.
void Pipeline::decide_decoy(std::size_t i) {
    // Without ports: the control thread knows whose it is.
    if (following_fragment(i) && control_alive_)
        return punt(i, Side::inside, PacketInReason::portless_fragment);
    if (following_fragment(i)) return decide_active(i);
    const Opening opening = opening_of(i);
    const bool tcp = candidates_.keys[i].protocol == protocol::tcp;
    const bool begins =
        opening == Opening::request || (opening == Opening::other && !tcp) || follows_an_answer(i, opening);
    if (!begins || !control_alive_)
        return send_inside(candidates_.packets[i], Counter::outside_to_inside_own_flow);
    decide_admission(i);
}

/// Which packets of the burst rules or lists may have a word on, whatever their destination.
void Pipeline::note_concerned(std::span<rte_mbuf*> packets, std::span<const std::uint32_t> destinations,
                              Notes& notes) {
    const bool lists = !tables_.listed.empty();
    for (std::size_t i = 0; i < packets.size(); ++i) {
        if (destinations[i] == 0) continue;
        const bool ruled = policy_->concerns(destinations[i]);
        if (!ruled && !lists) continue;
        const std::uint32_t source = parse_l3(frame_of(packets[i]), packets[i]->pkt_len).source;
        const bool listed = lists && tables_.listed.may_list(source);
        const bool spared = listed || (ruled && policy_->may_send_inside(source, destinations[i]));
        notes.concerned |= BurstMask{ruled || listed} << i;
        notes.spared |= BurstMask{spared} << i;
    }
}

void Pipeline::remember_path(rte_mbuf* packet) {
    const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
    if (l3.result == L3Result::ipv4) latest_path_ = l2_path_of(frame_of(packet), l3);
}

void Pipeline::find_sessions(From from) {
    const bool all = from != From::outside || !candidates_.any_unmarked;
    for (std::size_t i = 0; i < candidates_.count; ++i) {
        rte_mbuf* const packet = candidates_.packets[i];
        candidates_.plain[i] = parse_plain(frame_of(packet), packet->pkt_len, from, candidates_.keys[i]);
        if (!candidates_.plain[i]) [[unlikely]]
            parse(i, from);
        candidates_.hashes[i] = tables_.sessions.hash(candidates_.keys[i]);
        if (all) tables_.sessions.prefetch(candidates_.hashes[i]);
    }
    if (!all) return look_up_marked();
    tables_.sessions.lookup(std::span(candidates_.keys).first(candidates_.count), candidates_.hashes,
                            candidates_.sessions);
}

/// Only those whose destination may have sessions.
void Pipeline::look_up_marked() {
    std::array<std::uint8_t, burst_size> places;
    std::array<SessionKey, burst_size> keys;
    std::array<std::uint64_t, burst_size> hashes;
    std::array<Session*, burst_size> found;
    std::size_t count = 0;
    for (std::size_t i = 0; i < candidates_.count; ++i) {
        candidates_.sessions[i] = nullptr;
        keys[count] = candidates_.keys[i];
        hashes[count] = candidates_.hashes[i];
        places[count] = static_cast<std::uint8_t>(i);
        count += may_have_sessions(candidates_.states[i]) ? 1 : 0;
    }
    if (count == 0) return;
    for (std::size_t i = 0; i < count; ++i) tables_.sessions.prefetch(hashes[i]);
    tables_.sessions.lookup(std::span(keys).first(count), hashes, found);
    for (std::size_t i = 0; i < count; ++i) candidates_.sessions[places[i]] = found[i];
}

/// In an overload: what belongs to no session, is for an inactive address, and is more than may be carried.
void Pipeline::shed_newcomers() {
    BurstMask newcomers = 0;
    for (std::size_t i = 0; i < candidates_.count; ++i) {
        if (!candidates_.plain[i] && (!candidates_.views[i].valid || may_go_inside(i))) [[unlikely]]
            continue;
        newcomers |= BurstMask{candidates_.sessions[i] == nullptr} << i;
    }
    newcomers &= ~(having_any(candidates_.states, inside | sighted) | candidates_.notes.spared);
    candidates_.shed = beyond(newcomers, newcomers_);
    drop_in_overload(candidates_.packets, candidates_.shed);
}

/// Rules and lists see an ICMP error as the packet that it quotes.
bool Pipeline::may_go_inside(std::size_t i) const {
    const std::uint32_t outside = candidates_.keys[i].outside.host();
    return policy_->may_send_inside(outside, candidates_.keys[i].inside.host()) ||
           (!tables_.listed.empty() && tables_.listed.may_list(outside));
}

void Pipeline::parse(std::size_t i, From from) {
    const auto frame = frame_of(candidates_.packets[i]);
    candidates_.l3[i] = parse_l3(frame, candidates_.packets[i]->pkt_len);
    candidates_.views[i] = parse_session(frame, candidates_.l3[i], from);
    candidates_.keys[i] = candidates_.views[i].key;
}

/// Packets without a session may be looked up and noted among the pending flows, each in a line of its own.
void Pipeline::prefetch_pending() {
    if (!tables_.modes.handshake.load(std::memory_order_relaxed) && tables_.sessions.has_room()) return;
    unsigned left = newcomers_left_;
    for (std::size_t i = 0; i < candidates_.count && left != 0; ++i) {
        if (candidates_.sessions[i] != nullptr || has(candidates_.shed, i)) continue;
        tables_.pending.prefetch(candidates_.hashes[i]);
        --left;
    }
}

/// Rules and lists are asked about what may need it: packets without a session, and those that are concerned
/// whether they have one or not.
void Pipeline::judge() {
    if (!policy_->has_rules() && !tables_.listed.holds_any()) return candidates_.judge_none();
    std::array<std::uint8_t, burst_size> places;
    std::array<SessionKey, burst_size> keys;
    std::array<Listing, burst_size> listings;
    std::array<Judgement, burst_size> judgements;
    std::size_t count = 0;
    candidates_.judged = true;
    for (std::size_t i = 0; i < candidates_.count; ++i) {
        candidates_.judgements[i] = {};
        const bool needs = candidates_.sessions[i] == nullptr || has(candidates_.notes.concerned, i);
        if (!needs || has(candidates_.shed, i)) continue;
        keys[count] = candidates_.keys[i];
        const std::uint32_t source = keys[count].outside.host();
        listings[count] = tables_.listed.may_list(source) ? tables_.listed.find(source) : Listing();
        places[count++] = static_cast<std::uint8_t>(i);
    }
    if (count == 0) return;
    policy_->judge(std::span(keys).first(count), listings, judgements);
    for (std::size_t i = 0; i < count; ++i) candidates_.judgements[places[i]] = judgements[i];
}

L3View Pipeline::l3_of(std::size_t i) const {
    if (!candidates_.plain[i]) return candidates_.l3[i];
    return parse_l3(frame_of(candidates_.packets[i]), candidates_.packets[i]->pkt_len);
}

void Pipeline::send_inside(rte_mbuf* packet, Counter reason) {
    transmitter_.send(packet, {reason, inside_port});
}

void Pipeline::drop(rte_mbuf* packet, Counter reason) {
    transmitter_.discard(packet, reason);
}

/// To the control thread, or, if the ring is full, where the packet goes without it.
void Pipeline::punt(std::size_t i, Side otherwise, PacketInReason reason) {
    note(i, reason, outside_port, 0);
    if (is_fragment(i)) order_.note(fragment_hash(i), punts_.count);
    punts_.add(candidates_.packets[i], otherwise, i);
}

/// Beside a packet that is handed over. `sender`: the honeypot that it comes from, if it comes from one.
void Pipeline::note(std::size_t i, PacketInReason reason, PortIndex port, HoneypotIndex sender) {
    const bool plain = candidates_.plain[i];
    const SessionView& view = candidates_.views[i];
    write_note(candidates_.packets[i], {.key = candidates_.keys[i],
                                        .own_key = plain ? candidates_.keys[i] : view.own_key,
                                        .hash = candidates_.hashes[i],
                                        .worker = static_cast<std::uint16_t>(config_.worker),
                                        .reason = reason,
                                        .port = port,
                                        .honeypot = sender,
                                        .tag_count = tag_count(i),
                                        .first_fragment = !plain && view.first_fragment,
                                        .following_fragment = !plain && view.following_fragment,
                                        .icmp_error = !plain && view.icmp_error});
}

void Pipeline::hand_over() {
    if (punts_.count == 0) return;
    const unsigned taken = transmitter_.hand_over(std::span(punts_.packets).first(punts_.count), punt_ring_);
    order_.handed_over(taken);
    for (std::size_t i = taken; i < punts_.count; ++i) {
        rte_mbuf* const packet = punts_.packets[i];
        const std::size_t candidate = punts_.candidates[i];
        switch (punts_.otherwise[i]) {
            case Side::honeypot:
                divert_stateless(candidate, Counter::outside_to_honeypot_stateless);
                break;
            case Side::inside:
                send_inside(packet, Counter::outside_to_inside_active);
                break;
            case Side::outside:
                not_handed_over(i);
                break;
        }
    }
}

}  // namespace honeyswitch::dataplane
