#include "tools/honeyctl/recorded.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tools/honeyctl/table.hpp"
#include "tools/honeyctl/wall_clock.hpp"
#include "tools/honeyrecord/lines/chain.hpp"
#include "tools/honeyrecord/store/schema.hpp"
#include "tools/honeyrecord/store/store_queries.hpp"

namespace honeyswitch::honeyctl {
namespace {

using record::Database;
using Row = record::Json;
using Rows = std::vector<Row>;

constexpr std::uint64_t shown_rows = 50;  // unless --limit says otherwise

/// A column of a table for people, and the member of a row that is in it.
struct Member {
    std::string_view title;
    const char* name;
    bool right = false;
    bool is_duration = false;
};

std::string cell_of(const Row& row, const Member& member) {
    const auto found = row.find(member.name);
    if (found == row.end() || found->is_null()) return "-";
    if (member.is_duration) return brief_duration(found->get<std::int64_t>());
    const auto text = found->is_string() ? found->get<std::string>() : found->dump();
    return text.empty() ? "-" : printable(text);
}

std::string table_of(std::span<const Member> members, const Rows& rows) {
    std::vector<Column> columns;
    for (const auto& member : members) columns.push_back({member.title, 0, member.right});
    std::vector<Cells> cells;
    for (const auto& row : rows) {
        Cells line;
        for (const auto& member : members) line.push_back(cell_of(row, member));
        cells.push_back(std::move(line));
    }
    return whole_table(std::move(columns), cells);
}

/// The shape of all documents of honeyctl.
std::string document_of(const Selection& selection, const Rows& rows, const Row& more = Row::object()) {
    Row document{{"time", iso_time(selection.now)}, {"rows", rows}};
    document.update(more);
    return document.dump(-1, ' ', false, Row::error_handler_t::replace) + "\n";
}

/// Opens the store, and hands it to `ask`, which returns a record::OfDatabase.
template <typename Ask>
auto of_store(const Selection& selection, Ask ask)
    -> std::expected<typename std::invoke_result_t<Ask, Database&>::value_type, std::string> {
    auto database = record::open_for_reading(selection.store);
    if (!database) return std::unexpected(database.error());
    auto found = ask(*database);
    if (!found) return std::unexpected(record::sentence_of(selection.store, found.error()));
    return std::move(*found);
}

record::SessionFilter filter_of(const Selection& selection) {
    using record::SessionOrder;
    constexpr std::array<std::pair<std::string_view, SessionOrder>, 4> orders{
        {{"time", SessionOrder::time},
         {"bytes", SessionOrder::bytes},
         {"packets", SessionOrder::packets},
         {"duration", SessionOrder::duration}}};
    record::SessionFilter filter{.source = selection.source,
                                 .destination = selection.destination,
                                 .port = selection.port,
                                 .least_stage = record::stage_number(selection.stage).value_or(0),
                                 .limit = selection.limit};
    for (const auto& [word, order] : orders)
        if (word == selection.sort) filter.order = order;
    if (selection.since_ms) filter.since = selection.now - std::chrono::milliseconds(*selection.since_ms);
    if (filter.limit == UINT64_MAX && !selection.json) filter.limit = shown_rows;
    return filter;
}

std::string more_than(const Selection& selection, const Rows& rows) {
    if (selection.limit != UINT64_MAX || rows.size() < shown_rows) return "";
    return fmt::format("There may be more; --limit {} shows more of them.\n", 10 * shown_rows);
}

constexpr std::array session_members{Member{"BEGIN", "begin"},
                                     Member{"FLOW ID", "flow_id", true},
                                     Member{"PROTO", "proto"},
                                     Member{"SOURCE", "src_ip"},
                                     Member{"SPORT", "src_port", true},
                                     Member{"DESTINATION", "dest_ip"},
                                     Member{"DPORT", "dest_port", true},
                                     Member{"HONEYPOT", "honeypot"},
                                     Member{"STAGE", "stage"},
                                     Member{"DURATION", "duration_ms", true, true},
                                     Member{"BYTES IN", "bytes_toserver", true},
                                     Member{"BYTES OUT", "bytes_toclient", true}};

/// A member on each line.
std::string page_of(const Row& row) {
    std::string text;
    const auto add = [&](const std::string& name, const Row& value) {
        if (value.is_null() || (value.is_string() && value.empty())) return;
        const auto shown = value.is_string() ? value.get<std::string>() : value.dump();
        if (!shown.empty()) text += fmt::format("{:<16}{}\n", name, printable(shown));
    };
    for (const auto& [name, value] : row.items()) {
        if (name != "more")
            add(name, value);
        else
            for (const auto& [other, of] : value.items()) add(other, of);
    }
    return text;
}

}  // namespace

CommandResult recorded_sessions(const Selection& selection, const Sink& sink) {
    const auto rows = of_store(
        selection, [&](Database& database) { return record::find_sessions(database, filter_of(selection)); });
    if (!rows) return std::unexpected(rows.error());
    sink(selection.json ? document_of(selection, *rows)
                        : table_of(session_members, *rows) + more_than(selection, *rows));
    return {};
}

CommandResult recorded_session(const Selection& selection, const Sink& sink) {
    const auto rows = of_store(
        selection, [&](Database& database) { return record::find_session(database, selection.flow); });
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty())
        return std::unexpected(
            fmt::format("the store {} has no session '{}'", selection.store, selection.flow));
    if (selection.json) {
        sink(document_of(selection, *rows));
        return {};
    }
    for (std::size_t i = 0; i < rows->size(); ++i)
        sink(fmt::format("{}{}", i == 0 ? "" : "\n", page_of((*rows)[i])));
    return {};
}

CommandResult recorded_report(const Selection& selection, const Sink& sink) {
    const std::string by = selection.by.empty() ? "port" : selection.by;
    const auto rows = of_store(
        selection, [&](Database& database) { return record::report(database, by, filter_of(selection)); });
    if (!rows) return std::unexpected(rows.error());
    std::string title = by;
    std::ranges::transform(title, title.begin(),
                           [](char letter) { return static_cast<char>(letter - 'a' + 'A'); });
    const std::array members{Member{title, by.c_str()},
                             Member{"SESSIONS", "sessions", true},
                             Member{"ANSWERED", "answered", true},
                             Member{"HANDSHAKE", "handshake", true},
                             Member{"PAYLOAD", "payload", true},
                             Member{"SOURCES", "sources", true},
                             Member{"PACKETS", "packets", true},
                             Member{"BYTES", "bytes", true}};
    sink(selection.json ? document_of(selection, *rows)
                        : table_of(members, *rows) + more_than(selection, *rows));
    return {};
}

CommandResult recorded_address(const Selection& selection, const Sink& sink) {
    const auto address = selection.prefix.network;
    Row visits;
    auto rows = of_store(selection, [&](Database& database) -> record::OfDatabase<Rows> {
        auto visited = record::visits_of(database, address);
        if (!visited) return std::unexpected(visited.error());
        visits = std::move(*visited);
        return record::history_of(database, address);
    });
    if (!rows) return std::unexpected(rows.error());
    if (!selection.history && rows->size() > 1) rows->erase(rows->begin(), rows->end() - 1);
    if (selection.json) {
        sink(document_of(selection, *rows, visits));
        return {};
    }
    constexpr std::array members{Member{"TIME", "time"}, Member{"STATE", "state"},
                                 Member{"VOUCHER", "voucher"}};
    sink(table_of(members, *rows));
    sink(fmt::format("\n{}: {} sessions to it, {} from it.\n", to_string(address),
                     visits["sessions_to"].get<std::int64_t>(), visits["sessions_from"].get<std::int64_t>()));
    return {};
}

CommandResult audit(const Selection& selection, const Sink& sink) {
    const std::vector<std::filesystem::path> files(selection.files.begin(), selection.files.end());
    const auto report = record::verify_chain(files);
    if (!report) return std::unexpected(report.error());
    const bool whole = report->first == record::chain_begin();
    sink(fmt::format("{} lines follow from each other; the hash of the last is {}\n", report->lines,
                     report->head.empty() ? "none" : report->head));
    if (report->lines != 0)
        sink(whole ? "the first line is the first of all\n"
                   : fmt::format("the line before the first has the hash {}\n", report->first));
    return {};
}

}  // namespace honeyswitch::honeyctl
