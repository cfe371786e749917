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
    session_added,
    session_expired,
    session_table_full,
    address_activated,
    address_deactivated,
    sighting,
    sighting_ended,
    domain_became_known,
    domain_became_unknown,
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
    {"packet_in_contained", "Fragments of the honeypot that belong to no session, dropped."},
    {"session_added", "Sessions added."},
    {"session_expired", "Sessions removed after the idle timeout."},
    {"session_table_full",
     "Packet-Ins that found the session table full; sent to a honeypot without a session."},
    {"address_activated", "Addresses that became active."},
    {"address_deactivated", "Addresses that became inactive."},
    {"sighting", "Addresses made active because they spoke to the outside."},
    {"sighting_ended", "Sightings that nothing renewed in their lifetime."},
    {"domain_became_known", "Domains that became known."},
    {"domain_became_unknown", "Domains that became unknown."},
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
