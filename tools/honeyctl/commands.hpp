// The commands of honeyctl: the switch's tables, and what is none.
#pragma once

#include <expected>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/declined.hpp"
#include "control/inspect/table.hpp"
#include "tools/honeyctl/pages.hpp"

namespace honeyswitch::honeyctl {

/// Errors: a sentence. A sink that takes no more ends a command without one.
using CommandResult = std::expected<void, std::string>;

/// Options and arguments that a command takes beside those of control::Takes, or-ed together.
enum TakesMore : unsigned {
    takes_json = control::takes_end,
    takes_limit = control::takes_end << 1U,
    takes_watch = control::takes_end << 2U,
    takes_prefix = control::takes_end << 3U,
    takes_lifetime = control::takes_end << 4U,
    takes_insurance = control::takes_end << 6U,  ///< after what time a reload is taken back
    takes_last = control::takes_end << 7U,       ///< how many of the latest rows
    takes_events = control::takes_end << 5U,     ///< which of them, and whether to follow
    takes_link = control::takes_end << 8U,
    takes_on = control::takes_end << 9U,         ///< on or off
    takes_store = control::takes_end << 10U,     ///< the store, and since when
    takes_recorded = control::takes_end << 11U,  ///< which sessions of the store, and in what order
    takes_flow = control::takes_end << 12U,      ///< what a session is called
    takes_address = control::takes_end << 13U,   ///< an address, and whether all of its past
    takes_files = control::takes_end << 14U,     ///< files of lines
    takes_report = control::takes_end << 15U,    ///< what a row of the report is of
};
/// What every command takes that prints rows.
inline constexpr unsigned takes_rows = takes_json | takes_limit;

struct Command {
    std::string_view name;
    std::string_view help;
    unsigned takes = 0;
    /// Null: the command prints `table`, or is answered by lines without end.
    CommandResult (*work)(const Ask&, const Selection&, const Sink&) = nullptr;
    /// Of a command whose exit code says something; what goes wrong with it ends with `trouble`.
    std::expected<int, std::string> (*judge)(const Ask&, const Selection&, const Sink&) = nullptr;
    int trouble = failed;
    CommandResult (*listen)(const Listen&, const Selection&, const Sink&) = nullptr;
    const control::TableInfo* table = nullptr;
    /// Of a command that honeyrecord's files answer, and not the switch; of a table of the switch: if it is
    /// asked what was.
    CommandResult (*recorded)(const Selection&, const Sink&) = nullptr;

    [[nodiscard]] bool is_recorded(const Selection& selection) const {
        return recorded != nullptr && (table == nullptr || selection.since_ms.has_value());
    }
    /// Precondition: it has no `listen`, and is not recorded.
    [[nodiscard]] CommandResult run(const Ask& ask, const Selection& selection, const Sink& sink) const;
};

/// In the order of --help: the tables that the switch has, and what is none.
[[nodiscard]] std::span<const Command> commands();
/// Those of `honeyctl list`.
[[nodiscard]] std::span<const Command> list_commands();

/// Those of `honeyctl link`.
[[nodiscard]] std::span<const Command> link_commands();

/// Runs `read`, which takes answers apart, and turns an answer of the wrong shape into an error.
[[nodiscard]] CommandResult understood(const std::function<CommandResult()>& read);

/// The text of `honeyctl ports`, from its rows.
[[nodiscard]] std::string ports_text(const Json& ports);

/// What comes before a table when the switch does not divert as usual: a line, or none. `response`: of the
/// switch to the request for a table.
[[nodiscard]] std::string head_of(const Json& response);

/// The text of `honeyctl stats`. `before`, if there is one, was read `seconds` earlier: rates are shown.
[[nodiscard]] std::string stats_text(const Json& stats, const Json* before, double seconds);

}  // namespace honeyswitch::honeyctl
