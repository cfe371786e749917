// What every worker counts: one name for each decision.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/counter_info.hpp"

namespace honeyswitch::dataplane {

enum class Counter : std::uint8_t {
    outside_to_inside_active,
    outside_to_inside_not_ipv4,
    outside_to_inside_malformed,
    outside_to_inside_fail_open,
    outside_to_inside_no_honeypot,
    outside_to_inside_rule,
    outside_to_inside_benign,
    outside_to_inside_own_flow,
    outside_to_inside_ended_session,
    outside_to_inside_maintenance,
    outside_to_honeypot_session,
    outside_to_honeypot_handshake,
    outside_to_honeypot_no_session,
    outside_dropped_overload,
    outside_dropped_backscatter,
    outside_dropped_rule,
    outside_dropped_probe_source,
    outside_dropped_no_honeypot,
    outside_observed_session,
    outside_observed_handshake,
    outside_observed_no_session,
    outside_observed_packet_in,
    outside_observed_overload,
    outside_observed_backscatter,
    outside_observed_rule,
    outside_observed_probe_source,
    outside_observed_no_honeypot,
    packet_in_handed_over,
    packet_in_copied,
    inside_to_outside,
    inside_sightings,
    inside_sightings_refused,
    inside_ended_sessions,
    honeypot_to_outside_session,
    honeypot_to_outside_no_session,
    honeypot_to_outside_open,
    honeypot_arp_answered,
    honeypot_contained_no_room,
    honeypot_contained_no_session,
    honeypot_contained_not_ipv4,
    honeypot_contained_malformed,
    honeypot_contained_campus,
    honeypot_contained_foreign,
    honeypot_contained_source_cap,
    honeypot_contained_honeypot_cap,
    honeypot_contained_observe,
    honeypot_contained_mirror,
    mirror_from_outside,
    mirror_from_inside,
    mirror_passed_over,
    packet_out_inside,
    packet_out_outside,
    packet_out_honeypot,
    tx_dropped_outside,
    tx_dropped_inside,
    tx_dropped_honeypot,
    dropped_no_headroom,
    dropped_too_long,
    count_,
};
inline constexpr std::size_t counter_count = static_cast<std::size_t>(Counter::count_);

/// In the order of Counter.
inline constexpr std::array<CounterInfo<Counter>, counter_count> counter_info{{
    {Counter::outside_to_inside_active, "outside_to_inside_active", Fate::sent, "packets",
     "Packets from outside whose destination is active or in no known domain, sent inside."},
    {Counter::outside_to_inside_not_ipv4, "outside_to_inside_not_ipv4", Fate::sent, "packets",
     "Frames from outside that are not IPv4 (ARP, IPv6, LLDP and others), sent inside unchanged."},
    {Counter::outside_to_inside_malformed, "outside_to_inside_malformed", Fate::sent, "packets",
     "Frames from outside whose headers cannot be parsed, sent inside unchanged."},
    {Counter::outside_to_inside_fail_open, "outside_to_inside_fail_open", Fate::sent, "packets",
     "Packets for inactive addresses sent inside because the control thread is silent."},
    {Counter::outside_to_inside_no_honeypot, "outside_to_inside_no_honeypot", Fate::sent, "packets",
     "Packets sent inside because no honeypot of their pool is up, or its MAC address is not known yet."},
    {Counter::outside_to_inside_rule, "outside_to_inside_rule", Fate::sent, "packets",
     "Packets sent inside because a rule says so."},
    {Counter::outside_to_inside_benign, "outside_to_inside_benign", Fate::sent, "packets",
     "Packets of sources on a benign list, sent inside."},
    {Counter::outside_to_inside_own_flow, "outside_to_inside_own_flow", Fate::sent, "packets",
     "Packets to addresses that rules or lists divert, sent inside: replies to what the host has sent, or "
     "TCP that begins no connection."},
    {Counter::outside_to_inside_ended_session, "outside_to_inside_ended_session", Fate::sent, "packets",
     "Packets of a flow whose session with a honeypot has ended, because the inside sends on it itself or "
     "its "
     "address has been active for long enough; sent inside."},
    {Counter::outside_to_inside_maintenance, "outside_to_inside_maintenance", Fate::sent, "packets",
     "Packets that would begin to be diverted, or that rules or an overload would drop, sent inside because "
     "of "
     "maintenance."},
    {Counter::outside_to_honeypot_session, "outside_to_honeypot_session", Fate::sent, "packets",
     "Packets of sessions, sent to their honeypot."},
    {Counter::outside_to_honeypot_handshake, "outside_to_honeypot_handshake", Fate::sent, "packets",
     "Packets sent to a honeypot without a session, as it begins with the packet that follows the honeypot's "
     "answer."},
    {Counter::outside_to_honeypot_no_session, "outside_to_honeypot_no_session", Fate::sent, "packets",
     "Packets sent to a honeypot without a session: the ring of Packet-Ins or the session table was full."},
    {Counter::outside_dropped_overload, "outside_dropped_overload", Fate::dropped, "packets",
     "Packets of new flows for inactive addresses, dropped because more came than could be carried and "
     "legitimate packets would have waited behind them."},
    {Counter::outside_dropped_backscatter, "outside_dropped_backscatter", Fate::dropped, "packets",
     "Answers to forged sources (SYN-ACK, RST, ICMP errors and replies) for inactive addresses, dropped."},
    {Counter::outside_dropped_rule, "outside_dropped_rule", Fate::dropped, "packets",
     "Packets dropped because a rule says so."},
    {Counter::outside_dropped_probe_source, "outside_dropped_probe_source", Fate::dropped, "packets",
     "Packets for inactive addresses under the address that the switch's own probes of honeypots come from, "
     "dropped."},
    {Counter::outside_dropped_no_honeypot, "outside_dropped_no_honeypot", Fate::dropped, "packets",
     "Packets dropped because no honeypot of their pool is up."},
    {Counter::outside_observed_session, "outside_observed_session", Fate::sent, "packets",
     "Observe mode: packets of sessions, which would go to a honeypot, sent inside."},
    {Counter::outside_observed_handshake, "outside_observed_handshake", Fate::sent, "packets",
     "Observe mode: packets that would go to a honeypot without a session until it has answered, sent "
     "inside."},
    {Counter::outside_observed_no_session, "outside_observed_no_session", Fate::sent, "packets",
     "Observe mode: packets that would go to a honeypot without a session for want of room, sent inside."},
    {Counter::outside_observed_packet_in, "outside_observed_packet_in", Fate::sent, "packets",
     "Observe mode: packets that would be handed to the control thread, sent inside; that got a copy."},
    {Counter::outside_observed_overload, "outside_observed_overload", Fate::sent, "packets",
     "Observe mode: packets of new flows for inactive addresses, sent inside undecided, as more came than "
     "could "
     "be decided."},
    {Counter::outside_observed_backscatter, "outside_observed_backscatter", Fate::sent, "packets",
     "Observe mode: answers to forged sources that would be dropped, sent inside."},
    {Counter::outside_observed_rule, "outside_observed_rule", Fate::sent, "packets",
     "Observe mode: packets that would be dropped because a rule says so, sent inside."},
    {Counter::outside_observed_probe_source, "outside_observed_probe_source", Fate::sent, "packets",
     "Observe mode: packets under the address of the switch's own probes that would be dropped, sent "
     "inside."},
    {Counter::outside_observed_no_honeypot, "outside_observed_no_honeypot", Fate::sent, "packets",
     "Observe mode: packets that would be dropped because their pool has no honeypot, sent inside."},
    {Counter::packet_in_handed_over, "packet_in_handed_over", Fate::handed_over, "packets",
     "Packets handed to the control thread as Packet-Ins."},
    {Counter::packet_in_copied, "packet_in_copied", Fate::copied, "packets",
     "Copies of packets that passed in observe mode, handed to the control thread as Packet-Ins."},
    {Counter::inside_to_outside, "inside_to_outside", Fate::sent, "packets",
     "Frames from inside, sent outside unchanged."},
    {Counter::inside_sightings, "inside_sightings", Fate::none, "packets",
     "Packets from inside whose source was not active in a known domain: the address is inside's from here "
     "on."},
    {Counter::inside_sightings_refused, "inside_sightings_refused", Fate::none, "packets",
     "Such packets whose source could not be noted: the capacity of sightings is used up."},
    {Counter::inside_ended_sessions, "inside_ended_sessions", Fate::none, "sessions",
     "Sessions with a honeypot, and entries of their fragments, that ended because the inside sent on their "
     "flow."},
    {Counter::honeypot_to_outside_session, "honeypot_to_outside_session", Fate::sent, "packets",
     "Packets of the honeypot that belong to a session, sent outside."},
    {Counter::honeypot_to_outside_no_session, "honeypot_to_outside_no_session", Fate::sent, "packets",
     "Answers of a honeypot to packets diverted without a session, sent outside."},
    {Counter::honeypot_to_outside_open, "honeypot_to_outside_open", Fate::sent, "packets",
     "Other packets of the honeypot sent outside, because containment is open."},
    {Counter::honeypot_arp_answered, "honeypot_arp_answered", Fate::sent, "packets",
     "ARP requests of the honeypot, answered by the switch."},
    {Counter::honeypot_contained_no_room, "honeypot_contained_no_room", Fate::dropped, "packets",
     "Packets of honeypots that were for the control thread (ARP, answers to probes, fragments, flows of "
     "their own) and found no room on the way there, dropped."},
    {Counter::honeypot_contained_no_session, "honeypot_contained_no_session", Fate::dropped, "packets",
     "Packets of the honeypot that belong to no session, dropped."},
    {Counter::honeypot_contained_not_ipv4, "honeypot_contained_not_ipv4", Fate::dropped, "packets",
     "Frames of the honeypot that are neither IPv4 nor ARP, dropped."},
    {Counter::honeypot_contained_malformed, "honeypot_contained_malformed", Fate::dropped, "packets",
     "Frames of the honeypot whose headers cannot be parsed, dropped."},
    {Counter::honeypot_contained_campus, "honeypot_contained_campus", Fate::dropped, "packets",
     "Packets of a honeypot for an address of the campus, dropped."},
    {Counter::honeypot_contained_foreign, "honeypot_contained_foreign", Fate::dropped, "packets",
     "Packets of a honeypot that belong to another honeypot's session, dropped."},
    {Counter::honeypot_contained_source_cap, "honeypot_contained_source_cap", Fate::dropped, "packets",
     "Replies beyond what may be sent to one address outside, dropped."},
    {Counter::honeypot_contained_honeypot_cap, "honeypot_contained_honeypot_cap", Fate::dropped, "packets",
     "Replies beyond what one honeypot may send, dropped."},
    {Counter::honeypot_contained_observe, "honeypot_contained_observe", Fate::dropped, "packets",
     "Whatever honeypots sent in observe mode, in which nothing of theirs leaves; dropped."},
    {Counter::honeypot_contained_mirror, "honeypot_contained_mirror", Fate::dropped, "packets",
     "Packets of a honeypot for a flow that only mirrors have shown, so that there is no way back; dropped."},
    {Counter::mirror_from_outside, "mirror_from_outside", Fate::unsent, "packets",
     "Frames of mirrors that go from outside to the campus: decided, counted and recorded as in observe "
     "mode, "
     "and ended here."},
    {Counter::mirror_from_inside, "mirror_from_inside", Fate::unsent, "packets",
     "Frames of mirrors that come from the campus: counted and noted as those from inside are, and ended "
     "here."},
    {Counter::mirror_passed_over, "mirror_passed_over", Fate::dropped, "packets",
     "Frames of mirrors that tell no direction, as none or both of their addresses are the campus' or they "
     "are "
     "not IPv4; passed over."},
    {Counter::packet_out_inside, "packet_out_inside", Fate::handed_back, "packets",
     "Packet-Outs sent inside."},
    {Counter::packet_out_outside, "packet_out_outside", Fate::handed_back, "packets",
     "Packet-Outs sent outside."},
    {Counter::packet_out_honeypot, "packet_out_honeypot", Fate::handed_back, "packets",
     "Packet-Outs sent to the honeypot port."},
    {Counter::tx_dropped_outside, "tx_dropped_outside", Fate::unsent, "packets",
     "Frames dropped because the outside port's transmit queue stayed full."},
    {Counter::tx_dropped_inside, "tx_dropped_inside", Fate::unsent, "packets",
     "Frames dropped because the inside port's transmit queue stayed full."},
    {Counter::tx_dropped_honeypot, "tx_dropped_honeypot", Fate::unsent, "packets",
     "Frames dropped because the honeypot port's transmit queue was full."},
    {Counter::dropped_no_headroom, "dropped_no_headroom", Fate::dropped, "packets",
     "Frames dropped because their headers could not be rewritten: no room in the buffer."},
    {Counter::dropped_too_long, "dropped_too_long", Fate::dropped, "packets",
     "Frames dropped because they were longer than a frame of the AF_PACKET ring, which would have cut "
     "them."},
}};
static_assert(in_order(counter_info));

[[nodiscard]] constexpr Fate fate_of(Counter counter) {
    return counter_info[static_cast<std::size_t>(counter)].fate;
}

/// What a decision is counted under in observe mode, where its packet passes. Precondition: it is one by
/// which packets from outside are dropped or go to a honeypot.
[[nodiscard]] constexpr Counter observed(Counter decision) {
    switch (decision) {
        case Counter::outside_to_honeypot_session:
            return Counter::outside_observed_session;
        case Counter::outside_to_honeypot_handshake:
            return Counter::outside_observed_handshake;
        case Counter::packet_in_handed_over:
            return Counter::outside_observed_packet_in;
        case Counter::outside_dropped_overload:
            return Counter::outside_observed_overload;
        case Counter::outside_dropped_backscatter:
            return Counter::outside_observed_backscatter;
        case Counter::outside_dropped_rule:
            return Counter::outside_observed_rule;
        case Counter::outside_dropped_probe_source:
            return Counter::outside_observed_probe_source;
        case Counter::outside_dropped_no_honeypot:
            return Counter::outside_observed_no_honeypot;
        default:
            return Counter::outside_observed_no_session;
    }
}

/// One worker's: no two workers share a line. The control thread reads them while they are counted.
class alignas(64) Counters {
  public:
    void add(Counter counter, std::uint64_t amount = 1) {
        auto& value = values_[static_cast<std::size_t>(counter)];
        value.store(value.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t value(Counter counter) const {
        return values_[static_cast<std::size_t>(counter)].load(std::memory_order_relaxed);
    }

  private:
    std::array<std::atomic<std::uint64_t>, counter_count> values_{};
};

}  // namespace honeyswitch::dataplane
