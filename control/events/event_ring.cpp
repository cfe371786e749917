#include "control/events/event_ring.hpp"

namespace honeyswitch::control {

EventRing::EventRing(EventBus& bus, std::size_t capacity) : bus_(bus), events_(capacity) {
    subscribe();
}

void EventRing::told(const Event& event, const std::shared_ptr<const EventNames>& names) {
    if (namings_.empty() || namings_.back().names != names) namings_.push_back({next_, names});
    Event& place = events_[next_ % events_.size()];
    if (next_ >= events_.size()) ++overwritten_.at(static_cast<std::size_t>(place.type()));
    place = event;
    ++kept_.at(static_cast<std::size_t>(event.type()));
    ++next_;
    while (namings_.size() > 1 && namings_[1].first <= oldest()) namings_.pop_front();
}

const EventNames& EventRing::names_at(std::uint64_t number) const {
    auto naming = namings_.rbegin();
    while (naming->first > number) ++naming;
    return *naming->names;
}

void EventRing::begin(EventTypes followed) {
    for (std::size_t i = 0; i < event_type_count; ++i) readers_.at(i) += followed[i] ? 1 : 0;
    ++reader_count_;
    subscribe();
}

void EventRing::end(EventTypes followed) {
    for (std::size_t i = 0; i < event_type_count; ++i) readers_.at(i) -= followed[i] ? 1 : 0;
    --reader_count_;
    subscribe();
}

void EventRing::subscribe() {
    EventTypes wanted = all_event_types & ~frequent_event_types;
    for (std::size_t i = 0; i < event_type_count; ++i)
        if (readers_.at(i) != 0) wanted.set(i);
    bus_.subscribe(*this, wanted);
}

EventReader::EventReader(EventRing& ring, EventTypes types, From from, Until until)
    : ring_(ring),
      types_(types),
      next_(from == From::oldest ? ring.oldest() : ring.next_),
      end_(until == Until::now ? ring.next_ : forever),
      passed_(from == From::oldest ? ring.overwritten_ : ring.kept_) {
    ring_.begin(followed());
}

std::uint64_t EventReader::catch_up() {
    const std::uint64_t oldest = ring_.oldest();
    if (next_ >= oldest) return 0;
    std::uint64_t missed = 0;
    for (std::size_t i = 0; i < event_type_count; ++i)
        if (types_[i]) missed += ring_.overwritten_.at(i) - passed_.at(i);
    passed_ = ring_.overwritten_;
    next_ = oldest;
    return missed;
}

}  // namespace honeyswitch::control
