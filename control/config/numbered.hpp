// What the configuration names, together with the number that the tables know it by.
#pragma once

#include <cstdint>

namespace honeyswitch::control {

/// `number` stays the same over reloads for as long as the name stays (control/compose/numbers.hpp).
template <typename Record>
struct Numbered {
    std::uint8_t number = 0;
    Record record;
};

}  // namespace honeyswitch::control
