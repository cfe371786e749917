#include "control/events/event_lines.hpp"

#include <spdlog/spdlog.h>

namespace honeyswitch::control {
namespace {

spdlog::level::level_enum level_of(Gravity gravity) {
    switch (gravity) {
        case Gravity::debug:
            return spdlog::level::debug;
        case Gravity::information:
            return spdlog::level::info;
        case Gravity::warning:
            return spdlog::level::warn;
        case Gravity::error:
            return spdlog::level::err;
    }
    return spdlog::level::err;
}

}  // namespace

EventLines::EventLines(EventBus& bus) : bus_(bus) {
    const EventTypes none = only(EventType::session_begin) | only(EventType::session_step) |
                            only(EventType::session_end) | only(EventType::domain) |
                            only(EventType::contained) | only(EventType::gap);
    bus_.subscribe(*this, all_event_types & ~none);
}

void EventLines::told(const Event& event, const std::shared_ptr<const EventNames>& names) {
    if (const Told* const sentence = told_of(event))
        spdlog::log(level_of(sentence->gravity), "{}", sentence->text);
    else if (const auto* const address = std::get_if<AddressChanged>(&event.body))
        tell(*address, event.at, *names);
    else if (const auto* const source = std::get_if<SourceMoved>(&event.body))
        tell(*source, event.at, *names);
}

/// At debug alone, as a campus has many; so what is left out is no more than that.
void EventLines::tell(const AddressChanged& address, TimePoint at, const EventNames& names) {
    if (!spdlog::should_log(spdlog::level::debug) || !addresses_.admits(at)) return;
    spdlog::debug("{} is {} ({})", to_string(address.address),
                  address.state == AddressState::active ? "active" : "no longer active",
                  names.of(address.voucher));
}

void EventLines::tell(const SourceMoved& source, TimePoint at, const EventNames& names) {
    if (!moves_.admits(at)) return;
    spdlog::info("{} goes to pool {} instead of {}, as its tier says", to_string(source.source),
                 names.of(source.to), names.of(source.from));
}

void EventLines::tick(TimePoint now) {
    for (LogPace* const pace : {&addresses_, &moves_})
        if (const auto sentence = pace->tick(now)) spdlog::info("{}", *sentence);
}

}  // namespace honeyswitch::control
