// The kinds of events that there are: a closed list, whose names are part of the operator's interface.
#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace honeyswitch::control {

/// In the order of EventBody's alternatives (event.hpp).
enum class EventType : std::uint8_t {
    session_begin,
    session_step,
    session_end,
    address,
    tier,
    agent,
    domain,
    honeypot,
    link,
    list,
    config,
    mode,
    contained,
    loss,
    state,
    gap,
};
inline constexpr std::size_t event_type_count = 16;

/// In the order of EventType.
inline constexpr std::array<std::string_view, event_type_count> event_type_names{
    "session_begin", "session_step", "session_end", "address", "tier",      "agent", "domain", "honeypot",
    "link",          "list",         "config",      "mode",    "contained", "loss",  "state",  "gap"};

[[nodiscard]] constexpr std::string_view name_of(EventType type) {
    return event_type_names.at(static_cast<std::size_t>(type));
}

/// By its name; none: there is no such type.
[[nodiscard]] constexpr std::optional<EventType> event_type_of(std::string_view name) {
    const auto* const place = std::ranges::find(event_type_names, name);
    if (place == event_type_names.end()) return std::nullopt;
    return static_cast<EventType>(place - event_type_names.begin());
}

/// A set of types.
using EventTypes = std::bitset<event_type_count>;

[[nodiscard]] constexpr EventTypes only(EventType type) {
    return EventTypes(1ULL << static_cast<unsigned>(type));
}
/// Of these there can be tens of thousands in a second.
inline constexpr EventTypes frequent_event_types{1ULL << static_cast<unsigned>(EventType::session_begin) |
                                                 1ULL << static_cast<unsigned>(EventType::session_step) |
                                                 1ULL << static_cast<unsigned>(EventType::session_end) |
                                                 1ULL << static_cast<unsigned>(EventType::address) |
                                                 1ULL << static_cast<unsigned>(EventType::tier)};
inline constexpr EventTypes all_event_types{(1ULL << event_type_count) - 1};

}  // namespace honeyswitch::control
