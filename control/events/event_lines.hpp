// Events as the lines of the log.
#pragma once

#include <memory>

#include "control/events/event_bus.hpp"
#include "control/events/log_pace.hpp"

namespace honeyswitch::control {

/// Writes each event that has a sentence to the log. Control thread.
class EventLines final : public EventSubscriber {
  public:
    /// `bus` outlives it.
    explicit EventLines(EventBus& bus);
    ~EventLines() { bus_.subscribe(*this, {}); }
    EventLines(const EventLines&) = delete;
    EventLines& operator=(const EventLines&) = delete;

    void told(const Event& event, const std::shared_ptr<const EventNames>& names) override;
    /// Once a second or so: how many there were beyond those that are told one by one.
    void tick(TimePoint now);

  private:
    void tell(const AddressChanged& address, TimePoint at, const EventNames& names);
    void tell(const SourceMoved& source, TimePoint at, const EventNames& names);

    EventBus& bus_;
    LogPace addresses_{"addresses that became active or inactive"};
    LogPace moves_{"sources that go to another pool"};
};

}  // namespace honeyswitch::control
