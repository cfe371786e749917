// What may leave the honeypots: replies of sessions, answers to what was diverted without one, and little
// else.
#include "base/headers.hpp"
#include "dataplane/stages/arp_responder.hpp"
#include "dataplane/stages/pipeline.hpp"
#include "dataplane/stages/rewrite.hpp"
#include "dataplane/stages/session_progress.hpp"

namespace honeyswitch::dataplane {

void Pipeline::from_honeypot(std::span<rte_mbuf*> packets, PortIndex port) {
    policy_ = &tables_.policy.get();
    honeypot_port_ = port;
    limiter_.begin(tables_.modes, now_);
    candidates_.clear();
    punts_.count = punts_.of_honeypots_own = 0;
    for (rte_mbuf* const packet : packets) {
        const L3View l3 = parse_l3(frame_of(packet), packet->pkt_len);
        if (l3.result == L3Result::ipv4)
            candidates_.add(packet, 0);
        else
            from_honeypot_other(packet, l3);
    }
    if (candidates_.count != 0) {
        find_sessions(From::honeypot);
        for (std::size_t i = 0; i < candidates_.count; ++i) decide_honeypot(i);
    }
    hand_over();
}

void Pipeline::decide_honeypot(std::size_t i) {
    Session* const session = candidates_.sessions[i];
    if (session != nullptr && session->ended.load(std::memory_order_relaxed)) [[unlikely]]
        return drop(candidates_.packets[i], Counter::honeypot_contained_no_session);
    if (!candidates_.plain[i]) {
        const SessionView& view = candidates_.views[i];
        if (!view.valid) return contain(i, Counter::honeypot_contained_malformed);
        if (view.quotes_foreign) return contain(i, Counter::honeypot_contained_no_session);
    }
    if (session != nullptr) return reply(i, *session);
    // A fragment whose session may have begun a moment ago: the control thread knows, and whose it is.
    if (following_fragment(i) && control_alive_) return ask_to_leave(i, PacketInReason::portless_fragment);
    decide_without_session(i);
}

void Pipeline::decide_without_session(std::size_t i) {
    rte_mbuf* const packet = candidates_.packets[i];
    if (candidates_.keys[i].outside == config_.probe_source && control_alive_)
        return may_punt_own() ? punt_reply(i, PacketInReason::probe_answered, 0)
                              : drop(packet, Counter::honeypot_contained_no_room);
    if (const auto flow = tables_.pending.find(candidates_.hashes[i], now_)) return reply_stateless(i, *flow);
    if (tables_.modes.limited_containment.load(std::memory_order_relaxed) && control_alive_)
        return may_punt_own() ? ask_to_leave(i, PacketInReason::honeypot_flow)
                              : drop(packet, Counter::honeypot_contained_no_room);
    contain(i, Counter::honeypot_contained_no_session);
}

/// Has no session that says whose it is, and may get one from the control thread, which then sends it on.
/// That has no caps of its own: what it may let out is counted against them here.
void Pipeline::ask_to_leave(std::size_t i, PacketInReason reason) {
    rte_mbuf* const packet = candidates_.packets[i];
    const Be32 outside = candidates_.keys[i].outside;
    if (policy_->on_campus(outside.host())) return drop(packet, Counter::honeypot_contained_campus);
    const HoneypotIndex sender = sender_of(i);
    if (sender == no_honeypot) return drop(packet, Counter::honeypot_contained_foreign);
    if (within_caps(i, outside, sender)) punt_reply(i, reason, sender);
}

/// To the control thread, like `punt`.
void Pipeline::punt_reply(std::size_t i, PacketInReason reason, HoneypotIndex sender) {
    note(i, reason, honeypot_port_, sender);
    if (is_fragment(i)) order_.note(fragment_hash(i), punts_.count);
    punts_.add(candidates_.packets[i], Side::outside, i);
}

/// What honeypots do of their own accord has a small share of the way to the control thread: it is not theirs
/// to fill.
bool Pipeline::may_punt_own() {
    constexpr std::size_t most_in_a_burst = 8;
    if (punts_.of_honeypots_own == most_in_a_burst) return false;
    ++punts_.of_honeypots_own;
    return true;
}

/// By port, VLAN and MAC address. Where there is only one honeypot, all that comes is its.
bool Pipeline::comes_from(HoneypotIndex honeypot, std::size_t i) const {
    if (!tables_.modes.several_honeypots.load(std::memory_order_relaxed)) return true;
    const auto address = tables_.honeypots.address(honeypot);
    return address &&
           address->word() ==
               sender_address(frame_of(candidates_.packets[i]), tag_count(i), honeypot_port_).word();
}

/// The same, where no session says whose it should be. `no_honeypot`: nobody's that is in service.
HoneypotIndex Pipeline::sender_of(std::size_t i) {
    if (!tables_.modes.several_honeypots.load(std::memory_order_relaxed)) return 0;
    const auto address = sender_address(frame_of(candidates_.packets[i]), tag_count(i), honeypot_port_);
    latest_sender_ = tables_.honeypots.holder(address, latest_sender_);
    return latest_sender_;
}

bool Pipeline::within_caps(std::size_t i, Be32 address, HoneypotIndex honeypot) {
    switch (limiter_.spend(address, honeypot, candidates_.packets[i]->pkt_len)) {
        case ReplyLimiter::Outcome::passes:
            return true;
        case ReplyLimiter::Outcome::source_exceeded:
            drop(candidates_.packets[i], Counter::honeypot_contained_source_cap);
            return false;
        case ReplyLimiter::Outcome::honeypot_exceeded:
            drop(candidates_.packets[i], Counter::honeypot_contained_honeypot_cap);
            return false;
    }
    return false;
}

/// The following fragments of a reply go back the way of the first one.
void Pipeline::lead_companion(std::size_t i, const Session& session) {
    const auto companion = tables_.sessions.find(companion_of(candidates_.views[i].own_key));
    if (!companion) return;
    const PathNumber path = session.path.load(std::memory_order_acquire);
    tables_.sessions.at(*companion).path.store(path, std::memory_order_release);
}

void Pipeline::reply(std::size_t i, Session& session) {
    rte_mbuf* const packet = candidates_.packets[i];
    if (session.contained) return drop(packet, Counter::honeypot_contained_campus);
    const HoneypotIndex honeypot = session.honeypot.load(std::memory_order_relaxed);
    if (!comes_from(honeypot, i)) return drop(packet, Counter::honeypot_contained_foreign);
    if (!within_caps(i, candidates_.keys[i].outside, honeypot)) return;
    tables_.honeypots.replied(honeypot, now_);
    if (!candidates_.plain[i]) [[unlikely]] {
        if (candidates_.views[i].first_fragment) lead_companion(i, session);
        if (const auto reason = long_way(i)) return punt_reply(i, *reason, honeypot);
    }
    send_reply(i, session);
}

void Pipeline::send_reply(std::size_t i, Session& session) {
    rte_mbuf* const packet = candidates_.packets[i];
    Session::add(session.bytes_out, session.packets_out, packet->pkt_len);
    session.seen(now_);
    if (session.progress.load(std::memory_order_relaxed) == Step::first_packet)
        advance_by_reply(session, frame_of(packet), l3_of(i));
    send_back(packet, tag_count(i), tables_.sessions.way_back(session), Counter::honeypot_to_outside_session);
}

void Pipeline::reply_stateless(std::size_t i, PendingFlow flow) {
    rte_mbuf* const packet = candidates_.packets[i];
    const SessionKey& key = candidates_.keys[i];
    if (policy_->on_campus(key.outside.host())) return drop(packet, Counter::honeypot_contained_campus);
    if (!comes_from(flow.honeypot, i)) return drop(packet, Counter::honeypot_contained_foreign);
    if (!within_caps(i, key.outside, flow.honeypot)) return;
    tables_.honeypots.replied(flow.honeypot, now_);
    const bool answers =
        step_after_reply(Step::first_packet, contents_of(frame_of(packet), l3_of(i))) == Step::answered;
    if (answers && !flow.answered) {
        tables_.pending.answered(candidates_.hashes[i], flow, now_);
        tally_.add(key, Step::answered);
    }
    send_back(packet, tag_count(i), tables_.pending.path(flow.path), Counter::honeypot_to_outside_stateless);
}

void Pipeline::send_back(rte_mbuf* packet, std::uint8_t tags, const L2Path& path, Counter reason) {
    if (!address_back(packet, tags, path)) return drop(packet, Counter::dropped_no_headroom);
    transmitter_.send(packet, {reason, outside_port});
}

void Pipeline::contain(std::size_t i, Counter reason) {
    rte_mbuf* const packet = candidates_.packets[i];
    const bool open = reason == Counter::honeypot_contained_no_session &&
                      tables_.modes.open_containment.load(std::memory_order_relaxed);
    if (!open || latest_path_ == L2Path{}) return drop(packet, reason);
    // Whoever sends it, known or not, within the caps.
    if (within_caps(i, candidates_.keys[i].outside, sender_of(i)))
        send_back(packet, tag_count(i), latest_path_, Counter::honeypot_to_outside_open);
}

/// The way to the control thread was full.
void Pipeline::not_handed_over(std::size_t place) {
    const std::size_t i = punts_.candidates[place];
    // The first fragment of a session's datagram: the others will ask for themselves.
    if (i != Punts::no_candidate && candidates_.sessions[i] != nullptr)
        return send_reply(i, *candidates_.sessions[i]);
    drop(punts_.packets[place], Counter::honeypot_contained_no_room);
}

void Pipeline::from_honeypot_other(rte_mbuf* packet, const L3View& l3) {
    if (l3.result != L3Result::arp) {
        const bool malformed = l3.result == L3Result::frame_too_short ||
                               l3.result == L3Result::bad_ipv4_header || l3.result == L3Result::too_many_tags;
        return drop(packet,
                    malformed ? Counter::honeypot_contained_malformed : Counter::honeypot_contained_not_ipv4);
    }
    const auto port = static_cast<std::size_t>(honeypot_port_ - first_honeypot_port);
    switch (answer_arp({bytes_of(packet), packet->data_len}, l3, config_.honeypot_port_macs.at(port))) {
        case ArpOutcome::answered:
            return transmitter_.send(packet, {Counter::honeypot_arp_answered, honeypot_port_});
        case ArpOutcome::heard:
            if (!may_punt_own()) return drop(packet, Counter::honeypot_contained_no_room);
            write_note(packet, {.worker = static_cast<std::uint16_t>(config_.worker),
                                .reason = PacketInReason::honeypot_arp,
                                .port = honeypot_port_,
                                .tag_count = l3.tag_count});
            return punts_.add(packet, Side::outside);
        case ArpOutcome::malformed:
            return drop(packet, Counter::honeypot_contained_malformed);
    }
}

}  // namespace honeyswitch::dataplane
