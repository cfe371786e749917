// What one client of the operator's socket is told of events: which of them, and how far it has come.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/address.hpp"
#include "control/events/event_ring.hpp"

namespace honeyswitch::control {

/// Clients that may listen at once: they cost the control thread time, each for itself.
inline constexpr std::size_t most_streams = 8;

/// Which events a client wants.
struct EventFilter {
    EventTypes types = all_event_types;
    /// Only of this honeypot, by its name; other events than those of sessions and honeypots are not.
    std::optional<std::string> honeypot = std::nullopt;
    /// Only with an address in this prefix, or with a prefix that overlaps it.
    std::optional<Ipv4Prefix> address = std::nullopt;
    bool past = false;   ///< also what has happened, as far as it is kept
    bool follow = true;  ///< also what will happen
};

/// `names` are those of the event. A gap always matches.
[[nodiscard]] bool matches(const EventFilter& filter, const Event& event, const EventNames& names);

/// Control thread. `ring` outlives it.
class EventStream {
  public:
    EventStream(EventRing& ring, EventFilter filter);

    /// Appends the next `most` events as lines of JSON.
    void fill(std::string& lines, std::size_t most);
    /// There is more to look at.
    [[nodiscard]] bool behind() const { return reader_.behind(); }
    /// All that it will ever say was said.
    [[nodiscard]] bool over() const { return !filter_.follow && !behind(); }

  private:
    EventFilter filter_;
    EventReader reader_;
};

}  // namespace honeyswitch::control
