#include "dataplane/stages/honeypot_side.hpp"

#include "base/headers.hpp"
#include "dataplane/stages/arp_responder.hpp"
#include "dataplane/stages/rewrite.hpp"
#include "dataplane/stages/session_progress.hpp"

namespace honeyswitch::dataplane {

void HoneypotSide::remember_path(const rte_mbuf* packet) {
    const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
    if (l3.result == L3Result::ipv4) latest_path_ = l2_path_of(frame_of(packet), l3, context_.link);
}

void HoneypotSide::take(std::span<rte_mbuf* const> packets) {
    port_ = context_.config.layout.honeypot_number(context_.port);
    limiter_.begin(context_.tables.modes, context_.now);
    candidates_.clear();
    for (rte_mbuf* const packet : packets) {
        const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
        if (l3.result == L3Result::ipv4)
            candidates_.add(packet);
        else
            take_other(packet, l3);
    }
}

void HoneypotSide::decide() {
    for (std::size_t i = 0; i < candidates_.count(); ++i) decide(i);
}

void HoneypotSide::decide(std::size_t i) {
    Session* const session = candidates_.session(i);
    if (session != nullptr && session->ended.load(std::memory_order_relaxed)) [[unlikely]]
        return context_.drop(candidates_.packet(i), Counter::honeypot_contained_no_session);
    if (!candidates_.plain(i)) {
        const SessionView& view = candidates_.view(i);
        if (!view.valid) return contain(i, Counter::honeypot_contained_malformed);
        if (view.quotes_foreign) return contain(i, Counter::honeypot_contained_no_session);
    }
    if (session != nullptr) return reply(i, *session);
    // A fragment whose session may have begun a moment ago: the control thread knows, and whose it is.
    if (candidates_.following_fragment(i) && context_.control_alive)
        return ask_to_leave(i, PacketInReason::portless_fragment);
    decide_without_session(i);
}

void HoneypotSide::decide_without_session(std::size_t i) {
    rte_mbuf* const packet = candidates_.packet(i);
    if (candidates_.key(i).outside == context_.config.probe_source && context_.control_alive)
        return hand_over_.has_share_left() ? hand_over_.add_reply(i, PacketInReason::probe_answered, 0)
                                           : context_.drop(packet, Counter::honeypot_contained_no_room);
    if (const auto flow = context_.tables.pending.find(candidates_.hash(i), context_.now))
        return reply_without_session(i, *flow);
    if (context_.tables.modes.limited_containment.load(std::memory_order_relaxed) && context_.control_alive)
        return hand_over_.has_share_left() ? ask_to_leave(i, PacketInReason::honeypot_flow)
                                           : context_.drop(packet, Counter::honeypot_contained_no_room);
    contain(i, Counter::honeypot_contained_no_session);
}

/// Has no session that says whose it is, and may get one from the control thread, which then sends it on.
/// That has no caps of its own: what it may let out is counted against them here.
void HoneypotSide::ask_to_leave(std::size_t i, PacketInReason reason) {
    rte_mbuf* const packet = candidates_.packet(i);
    const Be32 outside = candidates_.key(i).outside;
    if (context_.classifier->on_campus(outside.host()))
        return context_.drop(packet, Counter::honeypot_contained_campus);
    const HoneypotIndex sender = sender_of(i);
    if (sender == no_honeypot) return context_.drop(packet, Counter::honeypot_contained_foreign);
    if (within_caps(i, outside, sender)) hand_over_.add_reply(i, reason, sender);
}

/// By port, VLAN and MAC address. Where there is only one honeypot, all that comes is its.
bool HoneypotSide::comes_from(HoneypotIndex honeypot, std::size_t i) const {
    if (!context_.tables.modes.several_honeypots.load(std::memory_order_relaxed)) return true;
    const auto address = context_.tables.honeypots.address(honeypot);
    return address &&
           address->word() ==
               sender_address(frame_of(candidates_.packet(i)), candidates_.tag_count(i), port_).word();
}

/// The same, where no session says whose it should be. `no_honeypot`: nobody's that is in service.
HoneypotIndex HoneypotSide::sender_of(std::size_t i) {
    if (!context_.tables.modes.several_honeypots.load(std::memory_order_relaxed)) return 0;
    const auto address = sender_address(frame_of(candidates_.packet(i)), candidates_.tag_count(i), port_);
    latest_sender_ = context_.tables.honeypots.holder(address, latest_sender_);
    return latest_sender_;
}

bool HoneypotSide::within_caps(std::size_t i, Be32 address, HoneypotIndex honeypot) {
    switch (limiter_.spend(address, honeypot, candidates_.packet(i)->pkt_len)) {
        case ReplyLimiter::Outcome::passes:
            return true;
        case ReplyLimiter::Outcome::source_exceeded:
            context_.drop(candidates_.packet(i), Counter::honeypot_contained_source_cap);
            return false;
        case ReplyLimiter::Outcome::honeypot_exceeded:
            context_.drop(candidates_.packet(i), Counter::honeypot_contained_honeypot_cap);
            return false;
    }
    return false;
}

/// The following fragments of a reply go back the way of the first one.
void HoneypotSide::lead_companion(std::size_t i, const Session& session) const {
    const auto companion = context_.tables.sessions.find(companion_of(candidates_.view(i).own_key));
    if (!companion) return;
    const PathNumber path = session.path.load(std::memory_order_acquire);
    context_.tables.sessions.at(*companion).path.store(path, std::memory_order_release);
}

void HoneypotSide::reply(std::size_t i, Session& session) {
    rte_mbuf* const packet = candidates_.packet(i);
    if (session.contained) return context_.drop(packet, Counter::honeypot_contained_campus);
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    if (!comes_from(honeypot, i)) return context_.drop(packet, Counter::honeypot_contained_foreign);
    if (!within_caps(i, candidates_.key(i).outside, honeypot)) return;
    context_.tables.honeypots.replied(honeypot, context_.now);
    if (!candidates_.plain(i)) [[unlikely]] {
        if (candidates_.view(i).first_fragment) lead_companion(i, session);
        if (const auto reason = hand_over_.long_way(i)) return hand_over_.add_reply(i, *reason, honeypot);
    }
    send_reply(i, session);
}

void HoneypotSide::send_reply(std::size_t i, Session& session) const {
    rte_mbuf* const packet = candidates_.packet(i);
    Session::add(session.bytes_out, session.packets_out, packet->pkt_len);
    session.seen(context_.now);
    if (session.progress.load(std::memory_order_relaxed) == Step::first_packet)
        advance_by_reply(context_.tables.sessions, session, context_.now, frame_of(packet),
                         candidates_.l3(i));
    send_back(i, context_.tables.sessions.way_back(session), Counter::honeypot_to_outside_session);
}

void HoneypotSide::reply_without_session(std::size_t i, PendingFlow flow) {
    rte_mbuf* const packet = candidates_.packet(i);
    const SessionKey& key = candidates_.key(i);
    if (context_.classifier->on_campus(key.outside.host()))
        return context_.drop(packet, Counter::honeypot_contained_campus);
    if (!comes_from(flow.honeypot, i)) return context_.drop(packet, Counter::honeypot_contained_foreign);
    if (!within_caps(i, key.outside, flow.honeypot)) return;
    context_.tables.honeypots.replied(flow.honeypot, context_.now);
    const bool answers = step_after_reply(Step::first_packet,
                                          contents_of(frame_of(packet), candidates_.l3(i))) == Step::answered;
    if (answers && !flow.answered) {
        context_.tables.pending.answered(candidates_.hash(i), flow, context_.now);
        context_.tally.add(key, Step::answered);
    }
    send_back(i, context_.tables.pending.path(flow.path), Counter::honeypot_to_outside_no_session);
}

/// Of a flow that mirrors alone have shown.
void HoneypotSide::drop_without_way_back(rte_mbuf* packet) const {
    context_.drop(packet, Counter::honeypot_contained_mirror);
}

void HoneypotSide::send_back(std::size_t i, const L2Path& path, Counter reason) const {
    rte_mbuf* const packet = candidates_.packet(i);
    if (path.link == no_link) [[unlikely]]
        return drop_without_way_back(packet);
    if (!address_back(packet, candidates_.tag_count(i), path))
        return context_.drop(packet, Counter::dropped_no_headroom);
    context_.transmitter.send(packet, {reason, outside_of(path.link)});
}

void HoneypotSide::contain(std::size_t i, Counter reason) {
    rte_mbuf* const packet = candidates_.packet(i);
    const bool open = reason == Counter::honeypot_contained_no_session &&
                      context_.tables.modes.open_containment.load(std::memory_order_relaxed);
    if (!open || latest_path_ == L2Path{}) return context_.drop(packet, reason);
    // Whoever sends it, known or not, within the caps.
    if (within_caps(i, candidates_.key(i).outside, sender_of(i)))
        send_back(i, latest_path_, Counter::honeypot_to_outside_open);
}

void HoneypotSide::refused(const HandOver::Refused& refused) {
    // The first fragment of a session's datagram: the others will ask for themselves.
    if (refused.candidate && candidates_.session(*refused.candidate) != nullptr)
        return send_reply(*refused.candidate, *candidates_.session(*refused.candidate));
    context_.drop(refused.packet, Counter::honeypot_contained_no_room);
}

void HoneypotSide::take_other(rte_mbuf* packet, const L3View& l3) {
    if (l3.result != L3Result::arp) {
        const bool malformed = l3.result == L3Result::frame_too_short ||
                               l3.result == L3Result::bad_ipv4_header || l3.result == L3Result::too_many_tags;
        return context_.drop(
            packet, malformed ? Counter::honeypot_contained_malformed : Counter::honeypot_contained_not_ipv4);
    }
    const EtherAddress& mac = context_.config.honeypot_port_macs.at(port_);
    switch (answer_arp({bytes_of(packet), packet->data_len}, l3, mac)) {
        case ArpOutcome::answered:
            return context_.transmitter.send(packet, {Counter::honeypot_arp_answered, context_.port});
        case ArpOutcome::heard:
            return hand_over_.has_share_left() ? hand_over_.add_arp(packet, l3.tag_count)
                                               : context_.drop(packet, Counter::honeypot_contained_no_room);
        case ArpOutcome::malformed:
            return context_.drop(packet, Counter::honeypot_contained_malformed);
    }
}

}  // namespace honeyswitch::dataplane
