#include "dataplane/stages/admission.hpp"

namespace honeyswitch::dataplane {
namespace {

/// The control thread may be about to add the entry that it will match, of a session with some honeypot.
bool follows_a_first_fragment(const Candidates& candidates, const HandOver& hand_over, std::size_t i) {
    return candidates.following_fragment(i) && hand_over.is_behind(i);
}

}  // namespace

void Admission::prefetch() const {
    const Tables& tables = context_.tables;
    if (!tables.modes.handshake.load(std::memory_order_relaxed) && tables.sessions.has_room()) return;
    unsigned left = overload_.left();
    for (std::size_t i = 0; i < candidates_.count() && left != 0; ++i) {
        if (candidates_.session(i) != nullptr || candidates_.shed(i)) continue;
        tables.pending.prefetch(candidates_.hash(i));
        --left;
    }
}

void Admission::decide(std::size_t i) {
    const Tables& tables = context_.tables;
    rte_mbuf* const packet = candidates_.packet(i);
    if (!context_.control_alive) return context_.send_inside(packet, Counter::outside_to_inside_fail_open);
    if (context_.diverts_nothing_new()) [[unlikely]]
        return decide_in_maintenance(i);
    if (candidates_.key(i).outside == context_.config.probe_source)
        return context_.drop(packet, Counter::outside_dropped_probe_source);
    if (!overload_.carries_one_more()) return context_.drop(packet, Counter::outside_dropped_overload);
    const Opening opening = opening_of(i);
    if (opening == Opening::answer && !tables.modes.divert_backscatter.load(std::memory_order_relaxed))
        return decide_backscatter(i);
    const std::uint32_t pool_rule = candidates_.judgement(i).pool_rule;
    if (pool_rule != Judgement::no_rule) context_.classifier->hit(context_.config.worker, pool_rule);
    if (tables.modes.handshake.load(std::memory_order_relaxed) && !follows_an_answer(i, opening)) {
        if (follows_a_first_fragment(candidates_, hand_over_, i)) [[unlikely]]
            return hand_over_.add(i, Side::honeypot, PacketInReason::behind_fragment);
        return diversion_.without_session(i, Counter::outside_to_honeypot_handshake);
    }
    // No session can be added: the control thread could do no more than this.
    if (!tables.sessions.has_room())
        return diversion_.without_session(i, Counter::outside_to_honeypot_no_session);
    hand_over_.add(i, Side::honeypot, reason_to_ask(i));
}

/// A flow that a honeypot has answered is with it already, and goes on without a session.
void Admission::decide_in_maintenance(std::size_t i) {
    if (follows_an_answer(i, opening_of(i)))
        return diversion_.without_session(i, Counter::outside_to_honeypot_handshake);
    if (follows_a_first_fragment(candidates_, hand_over_, i))
        return hand_over_.add(i, Side::inside, PacketInReason::behind_fragment);
    context_.send_inside(candidates_.packet(i), Counter::outside_to_inside_maintenance);
}

/// The end of a flow that never got a session is for the honeypot, which keeps a state for it.
void Admission::decide_backscatter(std::size_t i) {
    if (context_.tables.pending.find(candidates_.hash(i), context_.now))
        return diversion_.without_session(i, Counter::outside_to_honeypot_handshake);
    context_.drop(candidates_.packet(i), Counter::outside_dropped_backscatter);
}

void Admission::decide_decoy(std::size_t i) {
    if (candidates_.following_fragment(i)) {
        // Without ports: the control thread knows whose it is.
        if (context_.control_alive) return hand_over_.add(i, Side::inside, PacketInReason::portless_fragment);
        return context_.send_inside(candidates_.packet(i), Counter::outside_to_inside_active);
    }
    const Opening opening = opening_of(i);
    const bool tcp = candidates_.key(i).protocol == protocol::tcp;
    const bool begins =
        opening == Opening::request || (opening == Opening::other && !tcp) || follows_an_answer(i, opening);
    if (!begins || !context_.control_alive)
        return context_.send_inside(candidates_.packet(i), Counter::outside_to_inside_own_flow);
    decide(i);
}

/// What is for an active address is diverted by a rule, or by a list.
PacketInReason Admission::reason_to_ask(std::size_t i) const {
    if (!candidates_.active(i)) return PacketInReason::inactive_address;
    return candidates_.judgement(i).rule != Judgement::no_rule ? PacketInReason::rule : PacketInReason::list;
}

/// What a packet that belongs to no session can be: a request that may begin one, an answer to what was sent
/// under its destination's address by somebody else, or anything else.
Admission::Opening Admission::opening_of(std::size_t i) const {
    const std::uint8_t number = candidates_.key(i).protocol;
    if (candidates_.following_fragment(i)) return Opening::other;
    if (!candidates_.plain(i)) {
        const SessionView& view = candidates_.view(i);
        if (view.icmp_error || view.icmp_reply) return Opening::answer;
        if (number == protocol::icmp) return Opening::request;
    }
    if (number != protocol::tcp) return Opening::other;
    const std::uint8_t flags = candidates_.tcp_flags(i);
    if ((flags & tcp_flag::rst) != 0) return Opening::answer;
    if ((flags & tcp_flag::syn) == 0) return Opening::other;
    return (flags & tcp_flag::ack) != 0 ? Opening::answer : Opening::request;
}

/// It is no repetition of a request, and no answer.
bool Admission::may_follow(std::size_t i, Opening opening) const {
    return opening == Opening::other ||
           (opening == Opening::request && candidates_.key(i).protocol != protocol::tcp);
}

/// The honeypot has answered an earlier packet of this flow.
bool Admission::follows_an_answer(std::size_t i, Opening opening) const {
    if (!may_follow(i, opening)) return false;
    const auto flow = context_.tables.pending.find(candidates_.hash(i), context_.now);
    return flow && flow->answered;
}

}  // namespace honeyswitch::dataplane
