// What the configuration names, together with the number that the tables know it by.
#pragma once

#include <cstdint>
#include <vector>

namespace honeyswitch::control {

/// `number` stays the same over reloads for as long as the name stays (control/compose/numbers.hpp).
template <typename Record>
struct Numbered {
    std::uint8_t number = 0;
    Record record;
};

/// Without their numbers.
template <typename Record>
[[nodiscard]] std::vector<Record> records_of(const std::vector<Numbered<Record>>& numbered) {
    std::vector<Record> records;
    records.reserve(numbered.size());
    for (const auto& [number, record] : numbered) records.push_back(record);
    return records;
}

}  // namespace honeyswitch::control
