// The latest events, for readers that take their time: each reads at its own pace, and is told how many it
// missed when it was too slow. The memory is that of the ring, however many read.
//
// Rare events are kept without a reader, so that who comes later sees what happened before; those that come
// by the thousand only while a reader follows them, and they push rare ones out as any event does. Control
// thread only.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "control/events/event_bus.hpp"

namespace honeyswitch::control {

class EventReader;

class EventRing final : public EventSubscriber {
  public:
    /// Some 18 MiB. At 20,000 sessions a second, of each of which three events come, a second.
    static constexpr std::size_t usual_capacity = 65'536;

    /// `bus` outlives the ring. It is told of nothing while it is not kept.
    explicit EventRing(EventBus& bus, std::size_t capacity = usual_capacity);
    ~EventRing() { bus_.subscribe(*this, {}); }
    EventRing(const EventRing&) = delete;
    EventRing& operator=(const EventRing&) = delete;

    void told(const Event& event, const std::shared_ptr<const EventNames>& names) override;
    /// Readers that there are.
    [[nodiscard]] std::size_t readers() const { return reader_count_; }

  private:
    friend class EventReader;
    using Counts = std::array<std::uint64_t, event_type_count>;
    /// The names of all events from `first` on, until the next ones.
    struct Naming {
        std::uint64_t first;
        std::shared_ptr<const EventNames> names;
    };

    void begin(EventTypes followed);
    void end(EventTypes followed);
    void subscribe();
    [[nodiscard]] std::uint64_t oldest() const { return next_ > events_.size() ? next_ - events_.size() : 0; }
    [[nodiscard]] const Event& at(std::uint64_t number) const { return events_[number % events_.size()]; }
    [[nodiscard]] const EventNames& names_at(std::uint64_t number) const;

    EventBus& bus_;
    std::vector<Event> events_;
    std::uint64_t next_ = 0;                            ///< number of the next event
    Counts overwritten_{};                              ///< events before the oldest one, by their types
    Counts kept_{};                                     ///< events in all, by their types
    std::array<unsigned, event_type_count> readers_{};  ///< that follow a type
    std::size_t reader_count_ = 0;
    std::deque<Naming> namings_;
};

/// One reader of the ring, which outlives it.
class EventReader {
  public:
    enum class From : std::uint8_t { oldest, now };
    enum class Until : std::uint8_t { now, ever };

    /// `until` now: it looks at what is kept at this moment, and at nothing that comes.
    EventReader(EventRing& ring, EventTypes types, From from, Until until = Until::ever);
    ~EventReader() { ring_.end(followed()); }
    EventReader(const EventReader&) = delete;
    EventReader& operator=(const EventReader&) = delete;

    /// There is something that it has not looked at.
    [[nodiscard]] bool behind() const { return next_ < std::min(end_, ring_.next_); }

    /// Looks at up to `most` events, or at many more that are not wanted, and calls `take(event, names)` with
    /// those of the wanted types. Where events were missed, an EventsMissed of the moment of the next event
    /// comes first.
    template <typename Take>
    void read(std::size_t most, Take take) {
        if (const std::uint64_t missed = catch_up(); missed != 0) {
            const Event& next = ring_.at(next_);
            take(Event{.at = next.at, .time = next.time, .body = EventsMissed{.events = missed}},
                 ring_.names_at(next_));
        }
        std::size_t looked = 0;
        for (const std::size_t budget = most * unwanted_a_wanted; looked < budget && behind();) {
            const Event& event = ring_.at(next_);
            const auto type = static_cast<std::size_t>(event.type());
            ++passed_.at(type);
            const std::uint64_t number = next_++;
            looked += types_[type] ? unwanted_a_wanted : 1;
            if (types_[type]) take(event, ring_.names_at(number));
        }
    }

  private:
    /// To look at an event and pass on is so much cheaper than to write it down.
    static constexpr std::size_t unwanted_a_wanted = 16;

    [[nodiscard]] EventTypes followed() const { return end_ == forever ? types_ : EventTypes{}; }
    /// Returns how many events of the wanted types were overwritten before it could look at them.
    [[nodiscard]] std::uint64_t catch_up();

    EventRing& ring_;
    EventTypes types_;
    static constexpr std::uint64_t forever = UINT64_MAX;
    std::uint64_t next_;
    std::uint64_t end_;         ///< number of the first event that is not its own any more
    EventRing::Counts passed_;  ///< events before the next one, by their types
};

}  // namespace honeyswitch::control
