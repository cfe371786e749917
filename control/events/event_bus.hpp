// Where events are told: whoever publishes says what happened and goes on, and each subscriber is called with
// what it wants, at once.
//
// Control thread only. Publishing never waits and takes no memory of its own: what a subscriber keeps is its
// own matter, and bounded (event_ring.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "control/events/event.hpp"

namespace honeyswitch::control {

class EventSubscriber {
  public:
    /// `names` are those of this moment.
    virtual void told(const Event& event, const std::shared_ptr<const EventNames>& names) = 0;

  protected:
    EventSubscriber() = default;
    EventSubscriber(const EventSubscriber&) = default;
    EventSubscriber& operator=(const EventSubscriber&) = default;
    ~EventSubscriber() = default;
};

class EventBus {
  public:
    EventBus() = default;
    /// In the turn in which it is made: `now`, and the wall clock then.
    EventBus(TimePoint now, WallMilliseconds wall, EventNames names) : now_(now), wall_(wall) {
        set_names(std::move(names));
    }
    EventBus(const EventBus&) = delete;
    EventBus& operator=(const EventBus&) = delete;

    /// A turn begins: the moment of all that is published in it.
    void set_time(TimePoint now, WallMilliseconds wall) {
        now_ = now;
        wall_ = wall;
    }
    /// Of a new configuration. Equal ones stay the same object, as who keeps events keeps their names.
    void set_names(EventNames names) {
        if (names == *names_) return;
        names_ = std::make_shared<const EventNames>(std::move(names));
        ++naming_;
    }

    /// A number that is another one when the names have changed.
    [[nodiscard]] std::uint16_t naming() const { return naming_; }
    /// The wall clock at the beginning of this turn.
    [[nodiscard]] WallMilliseconds wall() const { return wall_; }

    /// `subscriber` is told of these types, instead of those that it was told of. With none it may go.
    void subscribe(EventSubscriber& subscriber, EventTypes types) {
        std::erase_if(subscriptions_, [&](const auto& each) { return each.subscriber == &subscriber; });
        if (types.any()) subscriptions_.push_back({&subscriber, types});
        wanted_.reset();
        for (const Subscription& each : subscriptions_) wanted_ |= each.types;
    }

    /// Somebody wants to know. Ask before work is done for an event that is frequent.
    [[nodiscard]] bool wanted(EventType type) const { return wanted_[static_cast<std::size_t>(type)]; }

    template <typename Body>
    void publish(Body&& body) {
        const EventType type = std::remove_cvref_t<Body>::type;
        if (!wanted(type)) return;
        const Event event{.at = now_, .time = wall_, .body = std::forward<Body>(body)};
        for (const Subscription& each : subscriptions_)
            if (each.types[static_cast<std::size_t>(type)]) each.subscriber->told(event, names_);
    }

  private:
    struct Subscription {
        EventSubscriber* subscriber;
        EventTypes types;
    };
    std::vector<Subscription> subscriptions_;
    EventTypes wanted_;
    TimePoint now_{};
    WallMilliseconds wall_{};
    std::uint16_t naming_ = 0;
    std::shared_ptr<const EventNames> names_ = std::make_shared<const EventNames>();
};

}  // namespace honeyswitch::control
