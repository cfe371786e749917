// The columns of a row, declared once beside its struct: how each is called, where its value comes from, and
// what it means. JSON, tables and documentation are made or checked from the same declaration.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace honeyswitch {

/// A column as tables for people have it.
struct Shown {
    /// At its head; empty: the tables go without it.
    std::string_view title{};
    /// Letters, in a table that is written while it is read; 0 in all columns: it is read as a whole first.
    std::size_t width = 0;
    /// Another column: the cell is "3 of 4", the 4 being that one's value.
    std::string_view of{};
    /// Another column, whose value stands here where this one has none.
    std::string_view otherwise{};
    /// A flag as a word: when it is false, when it is true.
    std::array<std::string_view, 2> words{"no", "yes"};
};

/// `Get` is a pointer to a member of the row, or a function of it.
template <typename Get>
struct Column {
    /// As JSON has it. A name that ends in _ms is in milliseconds.
    std::string_view name;
    Get get;
    /// One sentence, with the unit of what is counted.
    std::string_view help;
    Shown shown{};
    /// A row in which it has no value goes without it; otherwise it is null there. Events always go without.
    bool left_out = false;

    template <typename Row>
    [[nodiscard]] constexpr decltype(auto) operator()(const Row& row) const {
        return std::invoke(get, row);
    }
};

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Gets a text that means "none" while it is empty.
template <typename Row>
struct UnlessEmpty {
    std::string Row::* member;

    [[nodiscard]] std::optional<std::string_view> operator()(const Row& row) const {
        const std::string& text = row.*member;
        return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
    }
};

/// Calls `take` with each column of a tuple of them, in their order.
template <typename Columns, typename Take>
constexpr void each_column(const Columns& columns, Take take) {
    std::apply([&](const auto&... column) { (take(column), ...); }, columns);
}

/// Every column says what it means, in a sentence, and no two have the same name. Pairs of texts are
/// compared, not of columns: each of those is a type of its own, which the compiler would look at as often.
template <typename Columns>
[[nodiscard]] consteval bool well_declared(const Columns& columns) {
    struct Texts {
        std::string_view name, help;
    };
    const auto all = std::apply(
        [](const auto&... column) {
            return std::array<Texts, sizeof...(column)>{Texts{column.name, column.help}...};
        },
        columns);
    for (const Texts& column : all) {
        std::size_t same = 0;
        for (const Texts& other : all) same += column.name == other.name ? 1 : 0;
        if (same != 1 || column.name.empty() || !column.help.ends_with('.')) return false;
    }
    return true;
}

}  // namespace honeyswitch
