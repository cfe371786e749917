// The rows of Inspect as JSON, for honeyctl and for whoever reads the socket: a member for each column that
// the row declares. Durations are in milliseconds.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "base/columns.hpp"
#include "control/inspect/table.hpp"
#include "control/operator/operator_names.hpp"

namespace honeyswitch::control {

/// Of the columns of a row; `now` is what the ages in it are told by.
template <typename Columns, typename Row>
[[nodiscard]] nlohmann::json columns_json(const Columns& columns, const Row& row, TimePoint now);

/// Of a column's value, of any type that a column may have.
template <typename T>
[[nodiscard]] nlohmann::json value_json(const T& value, TimePoint now) {
    using nlohmann::json;
    if constexpr (is_optional<T>) {
        return value ? value_json(*value, now) : json();
    } else if constexpr (requires { T::columns(); }) {
        return columns_json(T::columns(), value, now);
    } else if constexpr (kind_of_value<T>() == ValueKind::rows || kind_of_value<T>() == ValueKind::words) {
        json elements = json::array();
        for (const auto& element : value) elements.push_back(value_json(element, now));
        return elements;
    } else if constexpr (std::is_same_v<T, TimePoint>) {
        // A time that lies ahead of `now` (both are read by the loop, in turns) is no time ago.
        return std::max<std::int64_t>((now - value).count(), 0);
    } else if constexpr (std::is_same_v<T, Milliseconds>) {
        return value.count();
    } else if constexpr (std::is_same_v<T, ProtocolNumber>) {
        return value.value;
    } else if constexpr (std::is_enum_v<T>) {
        return name_of(value);
    } else if constexpr (requires { json(value); }) {
        return value;
    } else {
        return to_string(value);
    }
}

template <typename Columns, typename Row>
nlohmann::json columns_json(const Columns& columns, const Row& row, TimePoint now) {
    auto members = nlohmann::json::object();
    each_column(columns, [&](const auto& column) {
        auto value = value_json(column(row), now);
        if (!column.left_out || !value.is_null()) members[std::string(column.name)] = std::move(value);
    });
    return members;
}

}  // namespace honeyswitch::control
