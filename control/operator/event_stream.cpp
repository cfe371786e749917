#include "control/operator/event_stream.hpp"

#include <utility>

#include "control/events/event_json.hpp"

namespace honeyswitch::control {
namespace {

/// Whether an event has something to do with a prefix; others than these have no address.
class Touches {
  public:
    explicit Touches(Ipv4Prefix prefix) : prefix_(prefix) {}

    bool operator()(const AddressChanged& event) const { return prefix_.contains(event.address); }
    bool operator()(const SourceMoved& event) const { return prefix_.contains(event.source); }
    bool operator()(const DomainChanged& event) const { return prefix_.overlaps(event.prefix); }
    bool operator()(const ListChanged& event) const {
        return event.source && prefix_.overlaps(*event.source);
    }
    bool operator()(const auto& event) const {
        if constexpr (requires { event.session; })
            return prefix_.contains(event.session.source()) || prefix_.contains(event.session.destination());
        else
            return false;
    }

  private:
    Ipv4Prefix prefix_;
};

bool is_of(const std::string& honeypot, const Event& event, const EventNames& names) {
    return std::visit(
        [&](const auto& body) {
            if constexpr (requires { body.session; })
                return names.of(body.session.honeypot) == honeypot;
            else if constexpr (requires { body.honeypot; })
                return body.honeypot == honeypot;
            else
                return false;
        },
        event.body);
}

}  // namespace

bool matches(const EventFilter& filter, const Event& event, const EventNames& names) {
    if (event.type() == EventType::gap) return true;
    if (filter.honeypot && !is_of(*filter.honeypot, event, names)) return false;
    return !filter.address || std::visit(Touches(*filter.address), event.body);
}

EventStream::EventStream(EventRing& ring, EventFilter filter)
    : filter_(std::move(filter)),
      reader_(ring, filter_.types, filter_.past ? EventReader::From::oldest : EventReader::From::now,
              filter_.follow ? EventReader::Until::ever : EventReader::Until::now) {}

void EventStream::fill(std::string& lines, std::size_t most) {
    reader_.read(most, [&](const Event& event, const EventNames& names) {
        if (matches(filter_, event, names)) append_json(lines, event, names);
    });
}

}  // namespace honeyswitch::control
