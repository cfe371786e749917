#include "control/operator/operator_tables.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/operator/operator_flows.hpp"
#include "control/operator/row_json.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

/// A request for a table, and who knows the rows.
struct Asked {
    const Request& request;
    const Inspect& inspect;
    TimePoint now;
};

json answer_of(json rows, json next = {}) {
    return {{"rows", std::move(rows)}, {"next", std::move(next)}};
}

json rows_of(const auto& rows, TimePoint now) {
    return value_json(rows, now);
}

/// Whether the request, of what the table takes, narrows the rows to others than this one.
template <typename Row>
bool is_wanted(const TableInfo& table, const Row& row, const Request& request) {
    if constexpr (requires { row.source(); })
        if ((table.takes & takes_source) != 0 && !request.source.contains(row.source())) return false;
    if constexpr (requires { row.destination(); })
        if ((table.takes & takes_destination) != 0 && !request.destination.contains(row.destination()))
            return false;
    if constexpr (requires { row.list; })
        if ((table.takes & takes_list) != 0 && request.list && row.list != *request.list) return false;
    return true;
}

json wanted_rows(const TableInfo& table, const auto& rows, const Asked& asked) {
    json wanted = json::array();
    for (const auto& row : rows)
        if (is_wanted(table, row, asked.request)) wanted.push_back(value_json(row, asked.now));
    return wanted;
}

/// Of rows in order of address, which the cursor is: a prefix is one stretch of them. Those that it lies in
/// are few, and all on the first page.
json stretch_of(const auto& table, const Asked& asked) {
    const auto& wanted = asked.request.destination;
    const auto from = std::max(Ipv4Address{asked.request.cursor}, wanted.network);
    const auto page = std::invoke(table.visit, asked.inspect, from, asked.request.limit);
    json rows = json::array();
    if constexpr (!std::is_null_pointer_v<decltype(table.around)>)
        if (asked.request.cursor == 0)
            rows = rows_of(std::invoke(table.around, asked.inspect, wanted), asked.now);
    for (json& row : wanted_rows(table, page.rows, asked)) rows.push_back(std::move(row));
    const bool more = page.next && wanted.contains(*page.next);
    return answer_of(std::move(rows), more ? json(page.next->value) : json());
}

json page_of(const auto& table, const Asked& asked) {
    const auto& [request, inspect, now] = asked;
    const auto page = [&] {
        if constexpr (std::is_invocable_v<decltype(table.visit), const Inspect&, std::uint32_t, std::size_t>)
            return std::invoke(table.visit, inspect, request.cursor, request.limit);
        else
            return std::invoke(table.visit, inspect, request.cursor, request.limit, now);
    }();
    return answer_of(wanted_rows(table, page.rows, asked), value_json(page.next, now));
}

template <typename Row, typename Visit, typename Around>
json show(const Table<Row, Visit, Around>& table, const Asked& asked) {
    if constexpr (std::is_invocable_v<Visit, const Inspect&>)  // as short as the configuration
        return answer_of(wanted_rows(table, std::invoke(table.visit, asked.inspect), asked));
    else if constexpr (std::is_invocable_v<Visit, const Inspect&, TimePoint>)
        return answer_of(
            json::array({value_json(std::invoke(table.visit, asked.inspect, asked.now), asked.now)}));
    else if constexpr (std::is_invocable_v<Visit, const Inspect&, Ipv4Address, std::size_t>)
        return stretch_of(table, asked);
    else
        return page_of(table, asked);
}

json show(const Table<Flow>& /*table*/, const Asked& asked) {
    const auto& [request, inspect, now] = asked;
    const auto page = flows_of(
        inspect, {.source = request.source, .destination = request.destination, .replies = request.replies},
        request.flow_cursor, request.limit, now);
    return answer_of(rows_of(page.flows, now), value_json(page.next, now));
}

json show(const Table<ProgressRow>& /*table*/, const Asked& asked) {
    const auto& [request, inspect, now] = asked;
    const auto page = inspect.progress(request.by, request.cursor, request.limit, now);
    auto answer = answer_of(rows_of(page.rows, now), value_json(page.next, now));
    answer["totals"] = columns_json(ProgressRow::step_columns(std::identity{}), page.totals, now);
    return answer;
}

/// The sentence that is wrong with the request; empty: none.
std::string complaint(const TableInfo& table, const Asked& asked) {
    if ((table.takes & takes_list) == 0 || !asked.request.list) return {};
    const auto lists = asked.inspect.lists();
    if (std::ranges::find(lists, *asked.request.list, &ListRow::name) != lists.end()) return {};
    return fmt::format("there is no list '{}'", *asked.request.list);
}

}  // namespace

std::optional<json> show_table(const Request& request, const Inspect& inspect, TimePoint now) {
    const Asked asked{request, inspect, now};
    std::optional<json> answer;
    const auto try_table = [&](const auto& table) {
        if (table.name != request.command) return false;
        const auto wrong = complaint(table, asked);
        answer = wrong.empty() ? show(table, asked) : json{{"error", wrong}};
        return true;
    };
    std::apply([&](const auto&... table) { (void)(try_table(table) || ...); }, all_tables);
    return answer;
}

}  // namespace honeyswitch::control
