#include "tools/honeyctl/commands.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "control/inspect/inspect.hpp"
#include "tools/honeyctl/changes.hpp"
#include "tools/honeyctl/diff.hpp"
#include "tools/honeyctl/events.hpp"
#include "tools/honeyctl/flows.hpp"
#include "tools/honeyctl/print_table.hpp"
#include "tools/honeyctl/progress.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

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
};
constexpr int trouble_of_diff = 2;  // as diff(1) has it

constexpr std::array special_tables{Special{"flows", flows},
                                    Special{"ports", ports},
                                    Special{"progress", progress},
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
            .table = &table};
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
    all.push_back({.name = "reload",
                   .help = "Read the configuration anew, and wait until it decides",
                   .takes = takes_insurance,
                   .work = reload});
    all.push_back(
        {.name = "confirm", .help = "Keep what a reload with --confirm has put in force", .work = confirm});
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
    return work != nullptr ? work(ask, selection, sink) : print_table(*table, ask, selection, sink);
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
