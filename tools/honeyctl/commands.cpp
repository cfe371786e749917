#include "tools/honeyctl/commands.hpp"

#include <array>

#include <fmt/format.h>

#include "tools/honeyctl/changes.hpp"
#include "tools/honeyctl/events.hpp"
#include "tools/honeyctl/flows.hpp"
#include "tools/honeyctl/policy_tables.hpp"
#include "tools/honeyctl/protocol.hpp"
#include "tools/honeyctl/report.hpp"
#include "tools/honeyctl/row_table.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

std::string port_cell(const Json& row, const char* key) {
    if (row.contains("identifier"))
        return key == std::string_view("source_port") ? number_of(row, "identifier") : "-";
    return number_of(row, key);
}

CommandResult sessions(const Ask& ask, const Selection& selection, const Sink& sink) {
    const std::vector<Column> columns{{"FLOW", 8, true},  {"PROTO", 5},           {"SOURCE", 15},
                                      {"SPORT", 5, true}, {"DESTINATION", 15},    {"DPORT", 5, true},
                                      {"HONEYPOT", 10},   {"PROGRESS", 12},       {"DURATION", 8, true},
                                      {"IDLE", 6, true},  {"IN", 9, true},        {"BYTES IN", 12, true},
                                      {"OUT", 9, true},   {"BYTES OUT", 12, true}};
    const MakeCells cells = [](const Json& row) -> Cells {
        return {number_of(row, "flow"),          protocol_name(row.at("protocol").get<unsigned>()),
                text_of(row, "source"),          port_cell(row, "source_port"),
                text_of(row, "destination"),     port_cell(row, "destination_port"),
                text_of(row, "honeypot"),        text_of(row, "progress"),
                duration_of(row, "duration_ms"), duration_of(row, "idle_ms"),
                number_of(row, "packets_in"),    number_of(row, "bytes_in"),
                number_of(row, "packets_out"),   number_of(row, "bytes_out")};
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
    RowWriter writer(sink, selection, "");
    auto read = each_row(ask, "stats", selection, [&](const Json& row) {
        (void)writer.write([&] { return stats_text(row, nullptr, 0); }, [&] { return row; });
        return false;
    });
    if (read) writer.finish();
    return read;
}

constexpr unsigned table = takes_json | takes_limit;
constexpr std::array all_commands{
    Command{"flows", "All flows in the words of ovs-ofctl dump-flows", flows,
            table | takes_source | takes_destination | takes_replies},
    Command{"sessions", "Sessions with the honeypots", sessions, table | takes_source | takes_destination},
    Command{"report", "How far attackers come, by port or by network", report, table | takes_by},
    Command{"active", "Active addresses, and who vouches for them", active, table | takes_destination},
    Command{"domains", "Broadcast domains and dark prefixes", domains, table | takes_destination},
    Command{"agents", "Agents of the configuration", agents, table},
    Command{"honeypots", "Honeypots, and whether they are up", honeypots, table},
    Command{"pools", "Pools of honeypots", pools, table},
    Command{"rules", "Rules of the configuration, and how often each decided", rules, table},
    Command{"lists", "Lists of sources", lists, table},
    Command{"logs", "Logs of sshd that are followed, and what is understood of them", logs, table},
    Command{"stats", "Counters, ports and fill levels", stats, takes_json | takes_watch},
    Command{"events", "What has happened, or with --follow what happens", nullptr, table | takes_events,
            events},
    Command{"reload", "Read the configuration anew, and wait until it decides", reload, 0},
};
constexpr std::array all_list_commands{
    Command{"show", "What is on a list, and who put it there", list_show, table | takes_list},
    Command{"add", "Put a source on a list", list_add, takes_list | takes_prefix | takes_lifetime},
    Command{"remove", "Take a source from a list", list_remove, takes_list | takes_prefix},
};

}  // namespace

std::span<const Command> commands() {
    return all_commands;
}

std::span<const Command> list_commands() {
    return all_list_commands;
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
