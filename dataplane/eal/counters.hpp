// What every worker counts: one name for each decision.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

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
    outside_to_honeypot_session,
    outside_to_honeypot_handshake,
    outside_to_honeypot_stateless,
    outside_dropped_overload,
    outside_dropped_backscatter,
    outside_dropped_rule,
    outside_dropped_probe_source,
    outside_dropped_no_honeypot,
    punted,
    inside_to_outside,
    inside_sightings,
    inside_sightings_refused,
    inside_ended_sessions,
    honeypot_to_outside_session,
    honeypot_to_outside_stateless,
    honeypot_to_outside_open,
    honeypot_arp_answered,
    honeypot_arp_heard,
    honeypot_contained_no_session,
    honeypot_contained_not_ipv4,
    honeypot_contained_malformed,
    honeypot_contained_campus,
    honeypot_contained_foreign,
    honeypot_contained_source_cap,
    honeypot_contained_honeypot_cap,
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

struct CounterInfo {
    std::string_view name;
    std::string_view help;  ///< one sentence
};

/// In the order of Counter.
inline constexpr std::array<CounterInfo, counter_count> counter_info{{
    {"outside_to_inside_active",
     "Packets from outside whose destination is active or in no known domain, sent inside."},
    {"outside_to_inside_not_ipv4",
     "Frames from outside that are not IPv4 (ARP, IPv6, LLDP and others), sent inside unchanged."},
    {"outside_to_inside_malformed",
     "Frames from outside whose headers cannot be parsed, sent inside unchanged."},
    {"outside_to_inside_fail_open",
     "Packets for inactive addresses sent inside because the control thread is silent."},
    {"outside_to_inside_no_honeypot",
     "Packets sent inside because no honeypot of their pool is up, or its MAC address is not known yet."},
    {"outside_to_inside_rule", "Packets sent inside because a rule says so."},
    {"outside_to_inside_benign", "Packets of sources on a benign list, sent inside."},
    {"outside_to_inside_own_flow",
     "Packets to addresses that rules or lists divert, sent inside: replies to what the host has sent, or "
     "TCP that begins "
     "no connection."},
    {"outside_to_inside_ended_session",
     "Packets of a flow whose session with a honeypot has ended, because the inside sends on it itself or "
     "its "
     "address has been active for long enough; sent inside."},
    {"outside_to_honeypot_session", "Packets of sessions, sent to their honeypot."},
    {"outside_to_honeypot_handshake",
     "Packets sent to a honeypot without a session, as it begins with the packet that follows the honeypot's "
     "answer."},
    {"outside_to_honeypot_stateless",
     "Packets sent to a honeypot without a session: the punt ring or the session table was full."},
    {"outside_dropped_overload",
     "Packets of new flows for inactive addresses, dropped because more came than could be carried and "
     "legitimate packets would have waited behind them."},
    {"outside_dropped_backscatter",
     "Answers to forged sources (SYN-ACK, RST, ICMP errors and replies) for inactive addresses, dropped."},
    {"outside_dropped_rule", "Packets dropped because a rule says so."},
    {"outside_dropped_probe_source",
     "Packets for inactive addresses under the address that the switch's own probes of honeypots come from, "
     "dropped."},
    {"outside_dropped_no_honeypot", "Packets dropped because no honeypot of their pool is up."},
    {"punted", "Packets handed to the control thread as Packet-Ins."},
    {"inside_to_outside", "Frames from inside, sent outside unchanged."},
    {"inside_sightings",
     "Packets from inside whose source was not active in a known domain: the address is inside's from here "
     "on."},
    {"inside_sightings_refused",
     "Such packets whose source could not be noted: the capacity of sightings is used up."},
    {"inside_ended_sessions",
     "Sessions with a honeypot, and entries of their fragments, that ended because the inside sent on their "
     "flow."},
    {"honeypot_to_outside_session", "Packets of the honeypot that belong to a session, sent outside."},
    {"honeypot_to_outside_stateless",
     "Answers of a honeypot to packets diverted without a session, sent outside."},
    {"honeypot_to_outside_open", "Other packets of the honeypot sent outside, because containment is open."},
    {"honeypot_arp_answered", "ARP requests of the honeypot, answered by the switch."},
    {"honeypot_arp_heard", "Other ARP packets of the honeypots: they show who is up, and go no further."},
    {"honeypot_contained_no_session", "Packets of the honeypot that belong to no session, dropped."},
    {"honeypot_contained_not_ipv4", "Frames of the honeypot that are neither IPv4 nor ARP, dropped."},
    {"honeypot_contained_malformed", "Frames of the honeypot whose headers cannot be parsed, dropped."},
    {"honeypot_contained_campus", "Packets of a honeypot for an address of the campus, dropped."},
    {"honeypot_contained_foreign",
     "Packets of a honeypot that belong to another honeypot's session, dropped."},
    {"honeypot_contained_source_cap", "Replies beyond what may be sent to one address outside, dropped."},
    {"honeypot_contained_honeypot_cap", "Replies beyond what one honeypot may send, dropped."},
    {"packet_out_inside", "Packet-Outs sent inside."},
    {"packet_out_outside", "Packet-Outs sent outside."},
    {"packet_out_honeypot", "Packet-Outs sent to the honeypot port."},
    {"tx_dropped_outside", "Frames dropped because the outside port's transmit queue stayed full."},
    {"tx_dropped_inside", "Frames dropped because the inside port's transmit queue stayed full."},
    {"tx_dropped_honeypot", "Frames dropped because the honeypot port's transmit queue was full."},
    {"dropped_no_headroom",
     "Frames dropped because their headers could not be rewritten: no room in the buffer."},
    {"dropped_too_long",
     "Frames dropped because they were longer than a frame of the AF_PACKET ring, which would have cut "
     "them."},
}};

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
