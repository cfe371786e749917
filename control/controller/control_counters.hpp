// What the control thread counts: one name for each decision of the controller.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace honeyswitch::control {

enum class Event : std::uint8_t {
    packet_in,
    packet_in_existing_session,
    packet_in_active,
    packet_in_contained,
    packet_in_dropped,
    packet_in_no_honeypot,
    session_added,
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
    count_,
};
inline constexpr std::size_t event_count = static_cast<std::size_t>(Event::count_);

struct EventInfo {
    std::string_view name;
    std::string_view help;  ///< one sentence
};

/// In the order of Event.
inline constexpr std::array<EventInfo, event_count> event_info{{
    {"packet_in", "Packet-Ins that the controller has handled."},
    {"packet_in_existing_session", "Packet-Ins of a session that existed by then; the packet was sent on."},
    {"packet_in_active", "Packet-Ins whose destination had become active meanwhile; sent inside."},
    {"packet_in_contained", "Packet-Ins from honeypots that belong to no session, contained."},
    {"packet_in_dropped", "Packet-Ins dropped because a rule says so."},
    {"packet_in_no_honeypot",
     "Packet-Ins that found no honeypot of their pool up; sent inside or dropped, as the pool says."},
    {"session_added", "Sessions added."},
    {"session_expired", "Sessions removed after the idle timeout."},
    {"session_table_full",
     "Packet-Ins that found the session table full; sent to a honeypot without a session."},
    {"honeypot_flow_added", "Flows that honeypots have opened to where the configuration allows it."},
    {"honeypot_flow_refused", "Flows that honeypots tried to open elsewhere, contained."},
    {"honeypot_flow_over_rate", "Flows that honeypots tried to open beyond their rate, contained."},
    {"source_moved", "Sources that a tier has moved to another pool."},
    {"source_moved_back", "Sources that no tier moves any more."},
    {"handshake_began",
     "Times the session table reached its high-water mark: sessions then begin with a handshake."},
    {"handshake_ended", "Times it fell below its low-water mark again."},
    {"address_activated", "Addresses that became active."},
    {"address_deactivated", "Addresses that became inactive."},
    {"sighting", "Addresses made active because they spoke to the outside."},
    {"sighting_ended", "Sightings that nothing renewed in their lifetime."},
    {"domain_became_known", "Domains that became known."},
    {"domain_became_unknown", "Domains that became unknown."},
    {"domain_refused",
     "Changes of a domain that the tables had no room for; those of the configuration are tried again each "
     "second."},
}};

/// Control thread.
class EventCounters {
  public:
    void add(Event event, std::uint64_t amount = 1) { values_[static_cast<std::size_t>(event)] += amount; }
    [[nodiscard]] std::uint64_t value(Event event) const { return values_[static_cast<std::size_t>(event)]; }

  private:
    std::array<std::uint64_t, event_count> values_{};
};

}  // namespace honeyswitch::control
