#include "dataplane/stages/pipeline.hpp"

#include "dataplane/stages/find_sessions.hpp"
#include "dataplane/stages/mirror.hpp"
#include "dataplane/stages/outside.hpp"

namespace honeyswitch::dataplane {

/// The way of a burst from outside. Nearly all legitimate packets leave by `send_at_once`; what is still
/// there behind it is decided one by one, in the order of decide_outside.
bool Pipeline::from_outside(std::span<rte_mbuf*> packets, PortIndex port) {
    context_.port = port;
    context_.link = link_of(port);
    context_.diverting = context_.tables.modes.diverting.load(std::memory_order_relaxed);
    if (context_.tables.modes.open_containment.load(std::memory_order_relaxed))
        honeypot_side_.remember_path(packets[0]);
    const bool legitimate = decide_burst(packets);
    // Observe mode: none of them has left, whatever was decided, and all pass in the order in which they
    // came.
    if (context_.observes()) [[unlikely]]
        context_.transmitter.send_noted(packets, partner_of(port));
    return legitimate;
}

bool Pipeline::decide_burst(std::span<rte_mbuf*> packets) {
    context_.classifier = &context_.tables.classifier.get();
    OutsideBurst burst(packets, context_.tables.addresses);
    const PolicyNotes notes = rules_.note(burst);
    const BurstMask active = burst.active();
    const BurstMask at_once = active & ~burst.with_sessions() & ~notes.concerned;
    const BurstMask others = burst.all() & ~at_once;
    const BurstMask taken = overload_.shed_unseen(burst, notes, others);
    if (taken != 0) candidates_.take(burst.packets(), burst.states(), notes, taken);
    if (at_once != 0) {
        if (context_.observes()) [[unlikely]]
            burst.note_at_once(at_once, context_.transmitter, partner_of(context_.port));
        else
            burst.send_at_once(at_once, context_.transmitter, partner_of(context_.port));
    }
    if (taken == 0) return active != 0;

    find_sessions(candidates_, context_.tables.sessions, From::outside);
    overload_.shed_newcomers(candidates_, rules_);
    admission_.prefetch();
    rules_.judge(candidates_);
    for_each(candidates_.left(), [this](std::size_t i) { decide_outside(i); });
    hand_over_.finish([this](const HandOver::Refused& refused) {
        if (refused.otherwise == Side::honeypot) return diversion_.without_control(*refused.candidate);
        context_.send_inside(refused.packet, Counter::outside_to_inside_active);
    });
    return active != 0;
}

/// The decision in order of priority: for a destination that is inactive, or has sessions, or that the
/// operator's policy may concern.
void Pipeline::decide_outside(std::size_t i) {
    using Verdict = Judgement::Verdict;
    rte_mbuf* const packet = candidates_.packet(i);
    const Judgement& judgement = candidates_.judgement(i);
    const bool active = candidates_.active(i);
    if (!candidates_.valid(i)) return context_.send_inside(packet, Counter::outside_to_inside_malformed);
    if (candidates_.own_flow(i)) return context_.send_inside(packet, Counter::outside_to_inside_own_flow);
    if (judgement.verdict == Verdict::benign)
        return context_.send_inside(packet, Counter::outside_to_inside_benign);
    const bool ended = candidates_.session(i) != nullptr && inside_.owns(candidates_, i);
    if (candidates_.session(i) != nullptr && !ended) {
        if (const auto reason = hand_over_.long_way(i)) return hand_over_.add(i, Side::honeypot, *reason);
        return diversion_.to_session(i);
    }
    if (judgement.rule != Judgement::no_rule)
        context_.classifier->hit(context_.config.worker, judgement.rule);
    if (judgement.verdict == Verdict::inside)
        return context_.send_inside(packet, Counter::outside_to_inside_rule);
    if (judgement.verdict == Verdict::drop) return drop_by_rule(packet);
    if (ended) return context_.send_inside(packet, Counter::outside_to_inside_ended_session);
    if (!active) return admission_.decide(i);
    if (judgement.verdict == Verdict::divert) return admission_.decide_decoy(i);
    to_inside(i);
}

void Pipeline::drop_by_rule(rte_mbuf* packet) const {
    if (context_.diverts_nothing_new()) [[unlikely]]
        return context_.send_inside(packet, Counter::outside_to_inside_maintenance);
    context_.drop(packet, Counter::outside_dropped_rule);
}

void Pipeline::to_inside(std::size_t i) {
    // Behind an earlier one that was handed over when the address was not active yet.
    if (hand_over_.is_behind(i)) return hand_over_.add(i, Side::inside, PacketInReason::behind_fragment);
    context_.send_inside(candidates_.packet(i), Counter::outside_to_inside_active);
}

void Pipeline::from_inside(std::span<rte_mbuf*> packets, PortIndex port) {
    context_.port = port;
    context_.classifier = &context_.tables.classifier.get();
    inside_.note(packets);
    // What was noted is in effect before the packets that made it leave: no answer can come too early.
    context_.transmitter.send(packets, {Counter::inside_to_outside, partner_of(port)});
}

/// What came from inside is noted first: an answer to it that is in the same burst then finds its host
/// active.
void Pipeline::from_mirror(std::span<rte_mbuf*> packets, PortIndex port) {
    context_.port = port;
    context_.link = no_link;
    context_.diverting = Diverting::nothing;
    context_.classifier = &context_.tables.classifier.get();
    MirrorBurst burst(packets, *context_.classifier);
    const auto inside = burst.from_inside(), outside = burst.from_outside();
    if (!inside.empty()) inside_.note(inside);
    for (rte_mbuf* const packet : inside) context_.transmitter.note(packet, {Counter::inside_to_outside});
    if (!outside.empty()) decide_burst(outside);
    context_.transmitter.end_noted(inside, Counter::mirror_from_inside);
    context_.transmitter.end_noted(outside, Counter::mirror_from_outside);
    context_.transmitter.discard(burst.others(), Counter::mirror_passed_over);
}

void Pipeline::from_honeypot(std::span<rte_mbuf*> packets, PortIndex port) {
    context_.diverting = context_.tables.modes.diverting.load(std::memory_order_relaxed);
    if (context_.observes()) [[unlikely]]
        return context_.transmitter.discard(packets, Counter::honeypot_contained_observe);
    context_.port = port;
    context_.classifier = &context_.tables.classifier.get();
    honeypot_side_.take(packets);
    if (!candidates_.empty()) {
        find_sessions(candidates_, context_.tables.sessions, From::honeypot);
        honeypot_side_.decide();
    }
    hand_over_.finish([this](const HandOver::Refused& refused) { honeypot_side_.refused(refused); });
}

}  // namespace honeyswitch::dataplane
