#include "tools/honeyctl/commands.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/inspect/inspect.hpp"
#include "tools/honeyctl/changes.hpp"
#include "tools/honeyctl/diff.hpp"
#include "tools/honeyctl/events.hpp"
#include "tools/honeyctl/flows.hpp"
#include "tools/honeyctl/print_table.hpp"
#include "tools/honeyctl/progress.hpp"
#include "tools/honeyctl/recorded.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

using StateKey = Key<control::DiversionState>;

constexpr std::string_view of_lists = "list ";
constexpr unsigned takes_name = control::takes_list;

CommandResult stats(const Ask& ask, const Selection& selection, const Sink& sink) {
    RowWriter writer(sink, selection, "");
    auto read = each_row(ask, "stats", selection, [&](const Json& row) {
        (void)writer.write([&] { return stats_text(row, nullptr, 0); }, [&] { return row; });
        return false;
    });
    if (read) writer.finish();
    return read;
}

/// In two tables, as one would be too wide for a terminal.
CommandResult ports(const Ask& ask, const Selection& selection, const Sink& sink) {
    Json rows = Json::array();
    RowWriter writer(sink, selection, "");
    auto read = each_row(ask, "ports", selection, [&](const Json& row) {
        rows.push_back(row);
        return writer.write([] { return std::string(); }, [&] { return row; });
    });
    if (!read) return read;
    writer.finish();
    if (!selection.json) sink(ports_text(rows));
    return read;
}

/// Tables that are not printed as their columns stand.
struct Special {
    std::string_view name;
    CommandResult (*print)(const Ask&, const Selection&, const Sink&);
    unsigned takes = takes_rows;
    std::expected<int, std::string> (*judge)(const Ask&, const Selection&, const Sink&) = nullptr;
    CommandResult (*recorded)(const Selection&, const Sink&) = nullptr;
};
constexpr int trouble_of_diff = 2;  // as diff(1) has it

constexpr std::array special_tables{
    Special{"flows", flows},
    Special{"ports", ports},
    Special{"progress", progress},
    Special{"sessions", nullptr, takes_rows | takes_store | takes_recorded, nullptr, recorded_sessions},
    Special{"stats", stats, takes_json | takes_watch},
    Special{"diff", nullptr, takes_json, diff},
    Special{"history", nullptr, takes_json | takes_last}};

Command command_of(const control::TableInfo& table) {
    const auto* const special = std::ranges::find(special_tables, table.name, &Special::name);
    const bool plain = special == special_tables.end();
    return {.name = table.command.empty() ? table.name : table.command,
            .help = table.help,
            .takes = table.takes | (plain ? takes_rows : special->takes),
            .work = plain ? nullptr : special->print,
            .judge = plain ? nullptr : special->judge,
            .trouble = plain || special->judge == nullptr ? failed : trouble_of_diff,
            .table = &table,
            .recorded = plain ? nullptr : special->recorded};
}

std::vector<Command> tables(bool wanted_of_lists) {
    std::vector<Command> found;
    const auto add = [&](const control::TableInfo& table) {
        Command command = command_of(table);
        if (command.name.starts_with(of_lists) != wanted_of_lists) return;
        if (wanted_of_lists) command.name.remove_prefix(of_lists.size());
        found.push_back(command);
    };
    std::apply([&](const auto&... table) { (add(table), ...); }, control::all_tables);
    return found;
}

std::vector<Command> all_commands() {
    auto all = tables(false);
    all.push_back({.name = "events",
                   .help = "What has happened, or with --follow what happens",
                   .takes = takes_rows | takes_events,
                   .listen = events});
    all.push_back({.name = "session",
                   .help = "All that honeyrecord has of one session",
                   .takes = takes_json | takes_store | takes_flow,
                   .recorded = recorded_session});
    all.push_back({.name = "report",
                   .help = "Sessions that were, by port, network, honeypot, day or hour",
                   .takes = takes_rows | takes_store | takes_report | control::takes_source |
                            control::takes_destination,
                   .recorded = recorded_report});
    all.push_back({.name = "addresses",
                   .help = "What an address was: active or not, by whose word, and its sessions",
                   .takes = takes_json | takes_store | takes_address,
                   .recorded = recorded_address});
    all.push_back({.name = "audit",
                   .help = "Whether lines of honeyrecord follow from each other, as they were written",
                   .takes = takes_files,
                   .recorded = audit});
    all.push_back({.name = "reload",
                   .help = "Read the configuration anew, and wait until it decides",
                   .takes = takes_insurance,
                   .work = reload});
    all.push_back(
        {.name = "confirm", .help = "Keep what a reload with --confirm has put in force", .work = confirm});
    all.push_back({.name = "maintenance",
                   .help = "Divert nothing new and let sessions end (on), or take that back (off)",
                   .takes = takes_on,
                   .work = maintenance});
    return all;
}

std::vector<Command> all_list_commands() {
    auto all = tables(true);
    all.push_back({.name = "add",
                   .help = "Put a source on a list",
                   .takes = takes_name | takes_prefix | takes_lifetime,
                   .work = list_add});
    all.push_back({.name = "remove",
                   .help = "Take a source from a list",
                   .takes = takes_name | takes_prefix,
                   .work = list_remove});
    return all;
}

}  // namespace

CommandResult Command::run(const Ask& ask, const Selection& selection, const Sink& sink) const {
    if (judge != nullptr) {
        const auto judged = judge(ask, selection, sink);
        return judged ? CommandResult{} : std::unexpected(judged.error());
    }
    // Documents of JSON keep their shape: there it is in the row of `stats`.
    bool headed = selection.json || table == nullptr;
    const Ask asked = [&](const Json& request) {
        auto response = ask(request);
        if (!response || std::exchange(headed, true)) return response;
        if (const auto head = head_of(*response); !head.empty()) sink(head);
        return response;
    };
    return work != nullptr ? work(asked, selection, sink) : print_table(*table, asked, selection, sink);
}

std::string head_of(const Json& response) {
    const auto state = response.find("diversion");
    if (state == response.end()) return {};
    std::string head;
    if (state->at(StateKey("mode").name()) == "observe")
        head += "observe mode: nothing is diverted or dropped, and what is shown is what would be\n";
    const auto& since = state->at(StateKey("maintenance_ms").name());
    if (since.is_null()) return head;
    return head + fmt::format("maintenance for {} ({}): nothing new is diverted, {} sessions still run\n",
                              brief_duration(since.get<std::int64_t>()),
                              state->at(StateKey("who").name()).get<std::string>(),
                              state->at(StateKey("sessions").name()).get<std::uint64_t>());
}

std::span<const Command> commands() {
    static const auto all = all_commands();
    return all;
}

std::span<const Command> list_commands() {
    static const auto all = all_list_commands();
    return all;
}

std::span<const Command> link_commands() {
    static const std::array all{
        Command{.name = "up",
                .help = "Let up what link_state has taken down, of one link or of all",
                .takes = takes_link,
                .work = link_up}};
    return all;
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
