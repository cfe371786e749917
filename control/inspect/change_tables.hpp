// What operators see of changes: those that were made, and those that a reload would make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "control/config/config_diff.hpp"
#include "control/inspect/table.hpp"

namespace honeyswitch::control {

/// Somebody changed something. The members of a line of the history's file are those columns.
struct HistoryRow {
    std::string time;                  ///< "2026-11-27T03:40:00.123Z"
    std::optional<std::uint32_t> uid;  ///< none: no process asked for it, or nobody knows which
    std::string user{};                ///< what that was called when the line was written; empty: nothing
    std::optional<std::uint32_t> pid = std::nullopt;
    std::string command{};  ///< "reload", "confirm", "taken back", "list_add"
    std::vector<std::string> changes{};

    friend bool operator==(const HistoryRow&, const HistoryRow&) = default;

    static constexpr auto columns() {
        return std::tuple{
            Column{"time", &HistoryRow::time, "When, in UTC.", Shown{"TIME"}},
            Column{"user", UnlessEmpty{&HistoryRow::user}, "The name of the user who asked for it.",
                   Shown{"USER"}},
            Column{"uid", &HistoryRow::uid, "The user's number; null: nobody asked for it.", Shown{"UID"}},
            Column{"pid", &HistoryRow::pid, "The process that asked for it.", Shown{"PID"}},
            Column{"command", &HistoryRow::command, "What was asked for.", Shown{"COMMAND"}},
            Column{"changes", &HistoryRow::changes, "What it changed.", Shown{"CHANGES"}},
        };
    }
};
using HistoryPage = Page<HistoryRow>;

/// What a reload would change.
struct DifferenceRow {
    ConfigDifference difference;

    [[nodiscard]] std::string_view change() const { return name_of(difference.change); }
    [[nodiscard]] std::optional<std::string_view> before() const { return unless_empty(difference.before); }
    [[nodiscard]] std::optional<std::string_view> after() const { return unless_empty(difference.after); }

    static constexpr auto columns() {
        using Row = DifferenceRow;
        return std::tuple{
            Column{"what", [](const Row& row) -> const std::string& { return row.difference.what; },
                   "A setting by its table and key, or a record by its kind and name.", Shown{"WHAT"}},
            Column{"change", &Row::change, "What becomes of it.", Shown{"CHANGE"}},
            Column{"before", &Row::before, "What is in force; null: nothing, or a secret.", Shown{"BEFORE"}},
            Column{"after", &Row::after, "What the file says; null: nothing, or a secret.", Shown{"AFTER"}},
            Column{"restart", [](const Row& row) { return row.difference.restart; },
                   "Whether it needs a restart.", Shown{"RESTART"}},
        };
    }

  private:
    static std::optional<std::string_view> unless_empty(const std::string& text) {
        return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
    }
};
using DifferencePage = Page<DifferenceRow>;

class InspectChanges {
  public:
    /// What the latest comparison found.
    [[nodiscard]] virtual DifferencePage differences(std::uint32_t cursor, std::size_t limit) const = 0;
    /// The latest first.
    [[nodiscard]] virtual HistoryPage history(std::uint32_t cursor, std::size_t limit) const = 0;

  protected:
    InspectChanges() = default;
    ~InspectChanges() = default;
    InspectChanges(const InspectChanges&) = default;
    InspectChanges& operator=(const InspectChanges&) = default;
};

inline constexpr std::tuple change_tables{
    table_of<DifferenceRow>({.name = "diff",
                             .help = "What a reload would change; exits with 0 if nothing, 1 if something, 2 "
                                     "if it cannot tell",
                             .takes = takes_pages},
                            &InspectChanges::differences),
    table_of<HistoryRow>({.name = "history", .help = "Who changed what, and when", .takes = takes_pages},
                         &InspectChanges::history),
};

}  // namespace honeyswitch::control
