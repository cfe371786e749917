// How a session begins, and how packets reach honeypots: with a session, or before there is one.
#include "dataplane/stages/pipeline.hpp"
#include "dataplane/stages/rewrite.hpp"
#include "dataplane/stages/session_progress.hpp"

namespace honeyswitch::dataplane {

/// A packet without a session for an address that is inactive, or whose new connections are diverted.
void Pipeline::decide_admission(std::size_t i) {
    rte_mbuf* const packet = candidates_.packets[i];
    if (!control_alive_) return send_inside(packet, Counter::outside_to_inside_fail_open);
    if (candidates_.keys[i].outside == config_.probe_source)
        return drop(packet, Counter::outside_dropped_probe_source);
    if (newcomers_left_ == 0) return drop(packet, Counter::outside_dropped_overload);
    --newcomers_left_;
    const Opening opening = opening_of(i);
    if (opening == Opening::answer && !tables_.modes.divert_backscatter.load(std::memory_order_relaxed)) {
        // The end of a flow that never got a session is for the honeypot, which keeps a state for it.
        if (tables_.pending.find(candidates_.hashes[i], now_))
            return divert_stateless(i, Counter::outside_to_honeypot_handshake);
        return drop(packet, Counter::outside_dropped_backscatter);
    }
    const std::uint32_t pool_rule = candidates_.judgements[i].pool_rule;
    if (pool_rule != Judgement::no_rule) policy_->hit(config_.worker, pool_rule);
    if (tables_.modes.handshake.load(std::memory_order_relaxed) && !follows_an_answer(i, opening))
        return divert_stateless(i, Counter::outside_to_honeypot_handshake);
    // No session can be added: the control thread could do no more than this.
    if (!tables_.sessions.has_room()) return divert_stateless(i, Counter::outside_to_honeypot_stateless);
    punt(i, Side::honeypot, reason_to_ask(i));
}

/// What is for an active address is diverted by a rule, or by a list.
PacketInReason Pipeline::reason_to_ask(std::size_t i) const {
    if (!active(i)) return PacketInReason::inactive_address;
    return candidates_.judgements[i].rule != Judgement::no_rule ? PacketInReason::rule : PacketInReason::list;
}

/// What a packet that belongs to no session can be: a request that may begin one, an answer to what was sent
/// under its destination's address by somebody else, or anything else.
Pipeline::Opening Pipeline::opening_of(std::size_t i) const {
    const std::uint8_t number = candidates_.keys[i].protocol;
    if (following_fragment(i)) return Opening::other;
    if (!candidates_.plain[i]) {
        const SessionView& view = candidates_.views[i];
        if (view.icmp_error || view.icmp_reply) return Opening::answer;
        if (number == protocol::icmp) return Opening::request;
    }
    if (number != protocol::tcp) return Opening::other;
    const std::uint8_t flags = tcp_flags_of(i);
    if ((flags & tcp_flag::rst) != 0) return Opening::answer;
    if ((flags & tcp_flag::syn) == 0) return Opening::other;
    return (flags & tcp_flag::ack) != 0 ? Opening::answer : Opening::request;
}

/// 0 where the header is cut short.
std::uint8_t Pipeline::tcp_flags_of(std::size_t i) const {
    if (!candidates_.plain[i]) return candidates_.views[i].tcp_flags;
    constexpr std::size_t place = sizeof(EthernetHeader) + sizeof(Ipv4Header) + tcp_flag::offset;
    const auto frame = frame_of(candidates_.packets[i]);
    return frame.size() > place ? frame[place] : 0;
}

/// It is no repetition of a request, and no answer.
bool Pipeline::may_follow(std::size_t i, Opening opening) const {
    return opening == Opening::other ||
           (opening == Opening::request && candidates_.keys[i].protocol != protocol::tcp);
}

/// The honeypot has answered an earlier packet of this flow.
bool Pipeline::follows_an_answer(std::size_t i, Opening opening) const {
    if (!may_follow(i, opening)) return false;
    const auto flow = tables_.pending.find(candidates_.hashes[i], now_);
    return flow && flow->answered;
}

/// The first fragment of a session's datagram opens the way for the following ones, which have no ports.
/// Where no session can be added the control thread could do nothing for it.
bool Pipeline::lacks_companion(std::size_t i) const {
    if (candidates_.plain[i]) return false;
    const SessionView& view = candidates_.views[i];
    return view.first_fragment && tables_.sessions.has_room() && view.own_key.kind == KeyKind::ports &&
           !tables_.sessions.find(companion_of(view.own_key));
}

/// A fragment of a session goes through the control thread to get a companion, or to stay behind an earlier
/// one that did.
std::optional<PacketInReason> Pipeline::long_way(std::size_t i) const {
    if (candidates_.plain[i] || !is_fragment(i) || !control_alive_) return std::nullopt;
    if (order_.waits(fragment_hash(i))) return PacketInReason::behind_fragment;
    return lacks_companion(i) ? std::optional(PacketInReason::missing_companion) : std::nullopt;
}

void Pipeline::divert(std::size_t i) {
    if (const auto reason = long_way(i)) return punt(i, Side::honeypot, *reason);
    to_session(i);
}

void Pipeline::to_session(std::size_t i) {
    rte_mbuf* const packet = candidates_.packets[i];
    Session& session = *candidates_.sessions[i];
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    const auto address = tables_.honeypots.address(honeypot);
    if (!address) return to_no_honeypot(packet, address.error().drops);
    tables_.sessions.came_by(session, bytes_of(packet), tag_count(i), session_path_);
    Session::add(session.bytes_in, session.packets_in, packet->pkt_len);
    session.seen(now_);
    if (may_advance(session) && advance(session, frame_of(packet), l3_of(i)))
        tables_.sessions.payload_reached(session);
    to_honeypot(packet, tag_count(i), *address, Counter::outside_to_honeypot_session);
}

/// To a honeypot chosen by hash. What is noted lets the answer out.
void Pipeline::divert_stateless(std::size_t i, Counter reason) {
    rte_mbuf* const packet = candidates_.packets[i];
    const SessionKey& key = candidates_.keys[i];
    if (candidates_.sessions[i] != nullptr) return to_session(i);
    const PoolIndex pool = candidates_.judgements[i].pool;
    const HoneypotIndex chosen = tables_.pools.choose(pool, key);
    if (chosen == no_honeypot) return to_no_honeypot(packet, tables_.pools.drops(pool));
    const HoneypotIndex honeypot = note_pending(i, chosen);
    const auto address = tables_.honeypots.address(honeypot);
    if (!address) return to_no_honeypot(packet, address.error().drops);
    to_honeypot(packet, tag_count(i), *address, reason);
}

/// A flow keeps the honeypot that it has begun with.
HoneypotIndex Pipeline::note_pending(std::size_t i, HoneypotIndex chosen) {
    const auto in_service = [this](HoneypotIndex index) {
        return tables_.honeypots.address(index).has_value();
    };
    const auto [honeypot, is_new] =
        tables_.pending.diverted(candidates_.hashes[i], chosen, bytes_of(candidates_.packets[i]),
                                 tag_count(i), pending_path_, now_, in_service);
    if (is_new) tally_.add(candidates_.keys[i], Step::first_packet);
    return honeypot;
}

void Pipeline::to_honeypot(rte_mbuf* packet, std::uint8_t tags, HoneypotAddress address, Counter reason) {
    if (!address_to_honeypot(packet, tags, address)) return drop(packet, Counter::dropped_no_headroom);
    transmitter_.send(packet, {reason, address.port()});
}

void Pipeline::to_no_honeypot(rte_mbuf* packet, bool dropped) {
    if (dropped) return drop(packet, Counter::outside_dropped_no_honeypot);
    send_inside(packet, Counter::outside_to_inside_no_honeypot);
}

}  // namespace honeyswitch::dataplane
