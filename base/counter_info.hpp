// What a counter of the switch is called and means: one table for each enumeration of counters, in its order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace honeyswitch {

/// What a count says of a packet. By these the numbers of a switch add up, whatever it has carried:
/// received = sent + dropped + handed over; handed over + copied + generated = handed back + dropped by the
/// control thread; sent + handed back = transmitted + unsent. What is in a ring or a queue at the moment is
/// missing.
enum class Fate : std::uint8_t {
    none,         ///< nothing: it is counted elsewhere, or is no packet
    sent,         ///< a worker has sent it
    dropped,      ///< it is gone
    handed_over,  ///< a worker has given it to the control thread
    copied,       ///< a worker has given a copy of it to the control thread
    handed_back,  ///< the control thread has given it to a worker, who has sent it
    generated,    ///< the control thread has made it
    unsent,       ///< it was sent, and the port had no room, or is one of a mirror, which sends nothing
};

[[nodiscard]] constexpr std::string_view name_of(Fate fate) {
    constexpr std::array<std::string_view, 8> names{"none",   "sent",        "dropped",   "handed_over",
                                                    "copied", "handed_back", "generated", "unsent"};
    return names.at(static_cast<std::size_t>(fate));
}

template <typename Id>
struct CounterInfo {
    Id id;
    std::string_view name;  ///< as operators see it: "outside_to_inside_active"
    Fate fate;
    std::string_view unit;  ///< of what it counts, in the plural
    std::string_view help;  ///< one sentence
};

/// Each counter stands at its own place, and no two have the same name.
template <typename Id, std::size_t count>
[[nodiscard]] consteval bool in_order(const std::array<CounterInfo<Id>, count>& table) {
    for (std::size_t i = 0; i < count; ++i) {
        if (table[i].id != static_cast<Id>(i) || table[i].name.empty() || table[i].unit.empty()) return false;
        if (!table[i].help.ends_with('.')) return false;
        for (std::size_t j = 0; j < i; ++j)
            if (table[i].name == table[j].name) return false;
    }
    return true;
}

}  // namespace honeyswitch
