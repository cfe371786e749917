// What a table is for operators: its name, its columns, and what a request for it may say. The operator's
// socket and honeyctl are made of the same declarations.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/columns.hpp"
#include "control/events/session_name.hpp"

namespace honeyswitch::control {

/// Some rows of a table, and where the following page begins: none at the end. With an address as the cursor
/// the rows are in order of address, so that a prefix of destinations is one stretch of them.
template <typename Row, typename Cursor = std::uint32_t>
struct Page {
    std::vector<Row> rows;
    std::optional<Cursor> next;
};

/// What a request for a table may say, or-ed together. Of a table that takes a source or destination, the row
/// has a function source() or destination(): an address or a prefix; of one that takes a list, a member list.
enum Takes : unsigned {
    takes_pages = 1U << 0,  ///< cursor and limit
    takes_source = 1U << 1,
    takes_destination = 1U << 2,
    takes_replies = 1U << 3,  ///< also the way back of each session
    takes_by = 1U << 4,       ///< what a row is of
    takes_list = 1U << 5,     ///< the name of a list
    takes_end = 1U << 6,
};

/// The members of a request by which it says it.
struct RequestMember {
    Takes takes;
    std::string_view name;
};
inline constexpr std::array request_members{
    RequestMember{takes_pages, "cursor"},    RequestMember{takes_pages, "limit"},
    RequestMember{takes_source, "source"},   RequestMember{takes_destination, "destination"},
    RequestMember{takes_replies, "replies"}, RequestMember{takes_by, "by"},
    RequestMember{takes_list, "list"}};

/// What sort of value a column has, which says how it is printed.
enum class ValueKind : std::uint8_t { text, number, flag, duration, protocol, words, rows };

template <typename T>
[[nodiscard]] consteval ValueKind kind_of_value() {
    if constexpr (is_optional<T>)
        return kind_of_value<typename T::value_type>();
    else if constexpr (std::is_same_v<T, bool>)
        return ValueKind::flag;
    else if constexpr (std::is_integral_v<T>)
        return ValueKind::number;
    else if constexpr (std::is_same_v<T, Milliseconds> || std::is_same_v<T, TimePoint>)
        return ValueKind::duration;
    else if constexpr (std::is_same_v<T, ProtocolNumber>)
        return ValueKind::protocol;
    else if constexpr (std::is_same_v<T, std::vector<std::string>> ||
                       std::is_same_v<T, std::vector<Ipv4Prefix>>)
        return ValueKind::words;
    else if constexpr (std::ranges::range<T> && !std::convertible_to<T, std::string_view>)
        return ValueKind::rows;
    else
        return ValueKind::text;
}

/// A column without its row: what those know it by who have only its JSON.
struct ColumnInfo {
    std::string_view name, help;
    ValueKind kind;
    Shown shown;
    bool left_out;
};

/// Of a tuple of columns.
template <typename Row>
[[nodiscard]] constexpr auto infos_of(const auto& columns) {
    return std::apply(
        [](const auto&... column) {
            return std::array{
                ColumnInfo{column.name, column.help,
                           kind_of_value<std::remove_cvref_t<decltype(column(std::declval<const Row&>()))>>(),
                           column.shown, column.left_out}...};
        },
        columns);
}
template <typename Row>
inline constexpr auto columns_of = infos_of<Row>(Row::columns());

/// Null: the row has no such column.
[[nodiscard]] constexpr const ColumnInfo* find_column(std::span<const ColumnInfo> columns,
                                                      std::string_view name) {
    for (const ColumnInfo& column : columns)
        if (column.name == name) return &column;
    return nullptr;
}

/// A table without its rows.
struct TableInfo {
    std::string_view name;  ///< the socket's command
    std::string_view help;  ///< a few words, for honeyctl's --help
    unsigned takes = 0;
    std::span<const ColumnInfo> columns{};
    /// The command of honeyctl that prints it, if that has another name.
    std::string_view command{};
};

/// `Visit` is a member function of who knows the rows. It gives all of them, or one, or a Page from a cursor
/// on; nullptr: the socket has a function of its own for this table. `Around`, of rows in order of address:
/// gives those that a prefix lies in.
template <typename R, typename Visit = std::nullptr_t, typename Around = std::nullptr_t>
struct Table : TableInfo {
    using Row = R;
    Visit visit{};
    Around around{};
};

/// Its columns are well declared, and those that they name are there.
template <typename Row>
[[nodiscard]] consteval bool has_good_columns() {
    bool good = well_declared(Row::columns());
    for (const ColumnInfo& column : columns_of<Row>)
        for (const std::string_view other : {column.shown.of, column.shown.otherwise})
            good = good && (other.empty() || find_column(columns_of<Row>, other) != nullptr);
    return good;
}

/// Its rows say what a request may narrow them to.
template <typename Row>
[[nodiscard]] consteval bool heeds(unsigned takes) {
    const bool source = (takes & takes_source) == 0 || requires(const Row& row) { row.source(); };
    const bool destination =
        (takes & takes_destination) == 0 || requires(const Row& row) { row.destination(); };
    const bool list = (takes & takes_list) == 0 || requires(const Row& row) { row.list; };
    return source && destination && list;
}

/// A declaration that lacks something does not compile.
template <typename Row, typename Visit = std::nullptr_t, typename Around = std::nullptr_t>
[[nodiscard]] consteval auto table_of(const TableInfo& info, Visit visit = {}, Around around = {}) {
    if (!has_good_columns<Row>()) throw "a column is not well declared";
    if (!std::is_null_pointer_v<Visit> && !heeds<Row>(info.takes))
        throw "a request may say what the row has no function or member for";
    Table<Row, Visit, Around> table{info, visit, around};
    table.columns = columns_of<Row>;
    return table;
}

}  // namespace honeyswitch::control
