#include "tools/honeyctl/commands.hpp"

#include <array>

#include <fmt/format.h>

#include "tools/honeyctl/flows.hpp"
#include "tools/honeyctl/protocol.hpp"
#include "tools/honeyctl/row_writer.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

std::string text_of(const Json& row, const char* key) {
    return row.at(key).get<std::string>();
}
std::string number_of(const Json& row, const char* key) {
    return row.contains(key) ? fmt::format("{}", row[key].get<std::uint64_t>()) : "-";
}
std::string duration_of(const Json& row, const char* key) {
    return row.at(key).is_null() ? "-" : brief_duration(row[key].get<std::int64_t>());
}
std::string joined(const Json& row, const char* key) {
    const auto words = row.at(key).get<std::vector<std::string>>();
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ","));
}

using MakeCells = Cells (*)(const Json&);

/// A table that is written while it is read, so its columns are as wide as what is usual in them.
CommandResult stream_table(std::string_view name, const std::vector<Column>& columns, MakeCells cells_of,
                           const Ask& ask, const Selection& selection, const Sink& sink) {
    RowWriter writer(sink, selection, table_title(columns));
    auto read = each_row(ask, name, selection, [&](const Json& row) {
        return writer.write([&] { return table_line(columns, cells_of(row)); }, [&] { return row; });
    });
    if (read) writer.finish();
    return read;
}

/// A short table: its columns are as wide as they must be.
CommandResult short_table(std::string_view name, std::vector<Column> columns, MakeCells cells_of,
                          const Ask& ask, const Selection& selection, const Sink& sink) {
    std::vector<Json> rows;
    auto read = each_row(ask, name, selection, [&](const Json& row) {
        if (rows.size() < selection.limit) rows.push_back(row);
        return rows.size() < selection.limit;
    });
    if (!read) return read;
    if (selection.json) {
        RowWriter writer(sink, selection, "");
        for (const auto& row : rows) writer.write([] { return std::string(); }, [&] { return row; });
        writer.finish();
        return {};
    }
    std::vector<Cells> cells;
    cells.reserve(rows.size());
    for (const auto& row : rows) cells.push_back(cells_of(row));
    sink(whole_table(std::move(columns), cells));
    return {};
}

std::string port_cell(const Json& row, const char* key) {
    if (row.contains("identifier"))
        return key == std::string_view("source_port") ? number_of(row, "identifier") : "-";
    return number_of(row, key);
}

CommandResult sessions(const Ask& ask, const Selection& selection, const Sink& sink) {
    const std::vector<Column> columns{{"FLOW", 8, true},      {"PROTO", 5},           {"SOURCE", 15},
                                      {"SPORT", 5, true},     {"DESTINATION", 15},    {"DPORT", 5, true},
                                      {"HONEYPOT", 10},       {"DURATION", 8, true},  {"IDLE", 6, true},
                                      {"IN", 9, true},        {"BYTES IN", 12, true}, {"OUT", 9, true},
                                      {"BYTES OUT", 12, true}};
    const MakeCells cells = [](const Json& row) -> Cells {
        return {number_of(row, "flow"),      protocol_name(row.at("protocol").get<unsigned>()),
                text_of(row, "source"),      port_cell(row, "source_port"),
                text_of(row, "destination"), port_cell(row, "destination_port"),
                text_of(row, "honeypot"),    duration_of(row, "duration_ms"),
                duration_of(row, "idle_ms"), number_of(row, "packets_in"),
                number_of(row, "bytes_in"),  number_of(row, "packets_out"),
                number_of(row, "bytes_out")};
    };
    return stream_table("sessions", columns, cells, ask, selection, sink);
}

CommandResult active(const Ask& ask, const Selection& selection, const Sink& sink) {
    const std::vector<Column> columns{{"ADDRESS", 15}, {"DURATION", 8, true}, {"VOUCHERS"}};
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "address"), duration_of(row, "duration_ms"), joined(row, "vouchers")};
    };
    return stream_table("active", columns, cells, ask, selection, sink);
}

CommandResult domains(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "prefix"),     text_of(row, "state"),           number_of(row, "active"),
                number_of(row, "sessions"), duration_of(row, "duration_ms"), joined(row, "agents")};
    };
    return short_table("domains",
                       {{"PREFIX"},
                        {"STATE"},
                        {"ACTIVE", 0, true},
                        {"SESSIONS", 0, true},
                        {"DURATION", 0, true},
                        {"AGENTS"}},
                       cells, ask, selection, sink);
}

CommandResult agents(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        const auto endpoint = text_of(row, "endpoint");
        return {text_of(row, "name"),
                row.at("connected").get<bool>() ? "yes" : "no",
                endpoint.empty() ? "-" : endpoint,
                duration_of(row, "silent_ms"),
                number_of(row, "notices"),
                number_of(row, "refused"),
                joined(row, "domains")};
    };
    return short_table("agents",
                       {{"NAME"},
                        {"CONNECTED"},
                        {"ENDPOINT"},
                        {"SILENT", 0, true},
                        {"NOTICES", 0, true},
                        {"REFUSED", 0, true},
                        {"DOMAINS"}},
                       cells, ask, selection, sink);
}

CommandResult stats(const Ask& ask, const Selection& selection, const Sink& sink) {
    return each_row(ask, "stats", selection, [&](const Json& row) {
        sink(selection.json ? row.dump() + "\n" : stats_text(row, nullptr, 0));
        return false;
    });
}

constexpr std::array all_commands{
    Command{"flows", "All flows in the words of ovs-ofctl dump-flows", flows},
    Command{"sessions", "Sessions with the honeypot", sessions},
    Command{"active", "Active addresses, and who vouches for them", active},
    Command{"domains", "Broadcast domains and dark prefixes", domains},
    Command{"agents", "Agents of the configuration", agents},
    Command{"stats", "Counters, ports and fill levels", stats},
};

}  // namespace

std::span<const Command> commands() {
    return all_commands;
}

CommandResult understood(const std::function<CommandResult()>& read) {
    try {
        return read();
    } catch (const Json::exception& error) {  // the library's way to say that a key or type is not there
        return std::unexpected(fmt::format(
            "the switch's answer is not understood: is it of another version? ({})", error.what()));
    }
}

}  // namespace honeyswitch::honeyctl
