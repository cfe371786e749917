// The columns of a row, declared once beside its struct: how each is called, where its value comes from, and
// what it means. JSON, tables and documentation are made or checked from the same declaration.
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace honeyswitch {

/// `Get` is a pointer to a member of the row, or a function of it.
template <typename Get>
struct Column {
    /// As JSON has it. A name that ends in _ms is in milliseconds.
    std::string_view name;
    Get get;
    /// One sentence, with the unit of what is counted.
    std::string_view help;
    /// At the head of a table for people; empty: the table goes without it.
    std::string_view title{};
    /// Letters of the table's column, where a table is written while it is read.
    std::size_t width = 0;

    template <typename Row>
    [[nodiscard]] constexpr decltype(auto) operator()(const Row& row) const {
        return std::invoke(get, row);
    }
};

/// Calls `take` with each column of a tuple of them, in their order.
template <typename Columns, typename Take>
constexpr void each_column(const Columns& columns, Take take) {
    std::apply([&](const auto&... column) { (take(column), ...); }, columns);
}

/// Every column says what it means, in a sentence, and no two have the same name.
template <typename Columns>
[[nodiscard]] consteval bool well_declared(const Columns& columns) {
    bool good = true;
    each_column(columns, [&](const auto& column) {
        std::size_t same = 0;
        each_column(columns, [&](const auto& other) { same += column.name == other.name ? 1 : 0; });
        good = good && same == 1 && !column.name.empty() && column.help.ends_with('.');
    });
    return good;
}

}  // namespace honeyswitch
