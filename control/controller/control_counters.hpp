// What the control thread counts: one name for each decision of the controller, and for each end of a packet
// that it has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/counter_info.hpp"

namespace honeyswitch::control {

enum class ControlCounter : std::uint8_t {
    packet_in,
    packet_in_existing_session,
    packet_in_active,
    packet_in_maintenance,
    packet_in_observed,
    packet_in_contained,
    packet_in_contained_campus,
    packet_in_contained_foreign,
    packet_in_dropped,
    packet_in_no_honeypot,
    packet_in_dropped_no_honeypot,
    packet_in_no_headroom,
    packet_out_dropped,
    honeypot_arp_heard,
    honeypot_probe_answered,
    honeypot_probe_sent,
    session_added,
    session_restored,
    session_expired,
    session_table_full,
    honeypot_flow_added,
    honeypot_flow_refused,
    honeypot_flow_over_rate,
    source_moved,
    source_moved_back,
    handshake_began,
    handshake_ended,
    address_activated,
    address_deactivated,
    sighting,
    sighting_ended,
    domain_became_known,
    domain_became_unknown,
    domain_refused,
    list_refused,
    port_settings_changed,
    link_ports_taken_down,
    count_,
};
inline constexpr std::size_t control_counter_count = static_cast<std::size_t>(ControlCounter::count_);

/// In the order of ControlCounter.
inline constexpr std::array<CounterInfo<ControlCounter>, control_counter_count> control_counter_info{{
    {ControlCounter::packet_in, "packet_in", Fate::none, "packets",
     "Packet-Ins that the controller has handled."},
    {ControlCounter::packet_in_existing_session, "packet_in_existing_session", Fate::none, "packets",
     "Packet-Ins, from outside or from honeypots, of a session that existed by then."},
    {ControlCounter::packet_in_active, "packet_in_active", Fate::none, "packets",
     "Packet-Ins whose destination had become active meanwhile; sent inside."},
    {ControlCounter::packet_in_maintenance, "packet_in_maintenance", Fate::none, "packets",
     "Packet-Ins of new flows that came when maintenance had begun; sent inside."},
    {ControlCounter::packet_in_observed, "packet_in_observed", Fate::dropped, "packets",
     "Packet-Ins that were copies of packets that had passed in observe mode; they end here."},
    {ControlCounter::packet_in_contained, "packet_in_contained", Fate::dropped, "packets",
     "Packet-Ins from honeypots that belong to no session, contained."},
    {ControlCounter::packet_in_contained_campus, "packet_in_contained_campus", Fate::dropped, "packets",
     "Packet-Ins of a honeypot for an address of the campus, dropped."},
    {ControlCounter::packet_in_contained_foreign, "packet_in_contained_foreign", Fate::dropped, "packets",
     "Packet-Ins of a honeypot that belong to another honeypot's session, dropped."},
    {ControlCounter::packet_in_dropped, "packet_in_dropped", Fate::dropped, "packets",
     "Packet-Ins dropped because a rule says so."},
    {ControlCounter::packet_in_no_honeypot, "packet_in_no_honeypot", Fate::none, "packets",
     "Packet-Ins that found no honeypot of their pool up, sent inside."},
    {ControlCounter::packet_in_dropped_no_honeypot, "packet_in_dropped_no_honeypot", Fate::dropped, "packets",
     "Packet-Ins that found no honeypot of their pool up, dropped."},
    {ControlCounter::packet_in_no_headroom, "packet_in_no_headroom", Fate::dropped, "packets",
     "Packet-Ins dropped because their headers could not be rewritten: no room in the buffer."},
    {ControlCounter::packet_out_dropped, "packet_out_dropped", Fate::dropped, "packets",
     "Packet-Outs dropped because the ring to their worker stayed full."},
    {ControlCounter::honeypot_arp_heard, "honeypot_arp_heard", Fate::dropped, "packets",
     "ARP packets of the honeypots that ask nothing: they show who is up, and go no further."},
    {ControlCounter::honeypot_probe_answered, "honeypot_probe_answered", Fate::dropped, "packets",
     "Packets of the honeypots to where the switch's own probes come from; they go no further."},
    {ControlCounter::honeypot_probe_sent, "honeypot_probe_sent", Fate::generated, "packets",
     "Probes of the honeypots, and resets of the connections that those have begun."},
    {ControlCounter::session_added, "session_added", Fate::none, "sessions", "Sessions added."},
    {ControlCounter::session_restored, "session_restored", Fate::none, "sessions",
     "Sessions of before the start that go on."},
    {ControlCounter::session_expired, "session_expired", Fate::none, "sessions",
     "Sessions removed after the idle timeout."},
    {ControlCounter::session_table_full, "session_table_full", Fate::none, "packets",
     "Packet-Ins that found the session table full; sent to a honeypot without a session."},
    {ControlCounter::honeypot_flow_added, "honeypot_flow_added", Fate::none, "flows",
     "Flows that honeypots have opened to where the configuration allows it."},
    {ControlCounter::honeypot_flow_refused, "honeypot_flow_refused", Fate::dropped, "flows",
     "Flows that honeypots tried to open elsewhere, contained."},
    {ControlCounter::honeypot_flow_over_rate, "honeypot_flow_over_rate", Fate::dropped, "flows",
     "Flows that honeypots tried to open beyond their rate, contained."},
    {ControlCounter::source_moved, "source_moved", Fate::none, "sources",
     "Sources that a tier has moved to another pool."},
    {ControlCounter::source_moved_back, "source_moved_back", Fate::none, "sources",
     "Sources that no tier moves any more."},
    {ControlCounter::handshake_began, "handshake_began", Fate::none, "times",
     "Times the session table reached its high-water mark: sessions then begin with a handshake."},
    {ControlCounter::handshake_ended, "handshake_ended", Fate::none, "times",
     "Times it fell below its low-water mark again."},
    {ControlCounter::address_activated, "address_activated", Fate::none, "addresses",
     "Addresses that became active."},
    {ControlCounter::address_deactivated, "address_deactivated", Fate::none, "addresses",
     "Addresses that became inactive."},
    {ControlCounter::sighting, "sighting", Fate::none, "addresses",
     "Addresses made active because they spoke to the outside."},
    {ControlCounter::sighting_ended, "sighting_ended", Fate::none, "addresses",
     "Sightings that nothing renewed in their lifetime."},
    {ControlCounter::domain_became_known, "domain_became_known", Fate::none, "domains",
     "Domains that became known."},
    {ControlCounter::domain_became_unknown, "domain_became_unknown", Fate::none, "domains",
     "Domains that became unknown."},
    {ControlCounter::domain_refused, "domain_refused", Fate::none, "times",
     "Changes of a domain that the tables had no room for; those of the configuration are tried again each "
     "second."},
    {ControlCounter::list_refused, "list_refused", Fate::none, "sources",
     "Sources that found no room on a list."},
    {ControlCounter::port_settings_changed, "port_settings_changed", Fate::none, "times",
     "Times that others changed the MTU, the queues or the offloads of a kernel port."},
    {ControlCounter::link_ports_taken_down, "link_ports_taken_down", Fate::none, "times",
     "Times that a port of the link was taken down, as its partner had lost its link (link_state)."},
}};
static_assert(in_order(control_counter_info));

/// Control thread.
class ControlCounters {
  public:
    void add(ControlCounter counter, std::uint64_t amount = 1) {
        values_[static_cast<std::size_t>(counter)] += amount;
    }
    [[nodiscard]] std::uint64_t value(ControlCounter counter) const {
        return values_[static_cast<std::size_t>(counter)];
    }

  private:
    std::array<std::uint64_t, control_counter_count> values_{};
};

}  // namespace honeyswitch::control
