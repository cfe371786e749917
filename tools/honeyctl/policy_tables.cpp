#include "tools/honeyctl/policy_tables.hpp"

#include <fmt/format.h>

#include "tools/honeyctl/row_table.hpp"

namespace honeyswitch::honeyctl {

CommandResult honeypots(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "name"),     text_of(row, "pool"),       text_of(row, "state"),
                number_of(row, "weight"), number_of(row, "sessions"), text_of(row, "port"),
                number_of(row, "vlan"),   text_of(row, "mac")};
    };
    return short_table("honeypots",
                       {{"NAME"},
                        {"POOL"},
                        {"STATE"},
                        {"WEIGHT", 0, true},
                        {"SESSIONS", 0, true},
                        {"PORT"},
                        {"VLAN", 0, true},
                        {"MAC"}},
                       cells, ask, selection, sink);
}

CommandResult pools(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "name"), text_of(row, "affinity"),
                fmt::format("{} of {}", number_of(row, "honeypots_up"), number_of(row, "honeypots")),
                number_of(row, "sessions")};
    };
    return short_table("pools", {{"NAME"}, {"AFFINITY"}, {"UP"}, {"SESSIONS", 0, true}}, cells, ask,
                       selection, sink);
}

CommandResult rules(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "name"), text_of(row, "action"), text_of(row, "pool"),
                number_of(row, "packets")};
    };
    return short_table("rules", {{"NAME"}, {"ACTION"}, {"POOL"}, {"PACKETS", 0, true}}, cells, ask, selection,
                       sink);
}

CommandResult lists(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "name"), text_of(row, "kind"), number_of(row, "entries"), text_of(row, "file")};
    };
    return short_table("lists", {{"NAME"}, {"KIND"}, {"ENTRIES", 0, true}, {"FILE"}}, cells, ask, selection,
                       sink);
}

CommandResult logs(const Ask& ask, const Selection& selection, const Sink& sink) {
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "list"),       number_of(row, "lines"),  number_of(row, "of_sshd"),
                number_of(row, "failures"), number_of(row, "listed"), text_of(row, "trouble"),
                text_of(row, "file")};
    };
    return short_table("logs",
                       {{"LIST"},
                        {"LINES", 0, true},
                        {"OF SSHD", 0, true},
                        {"FAILURES", 0, true},
                        {"LISTED", 0, true},
                        {"TROUBLE"},
                        {"FILE"}},
                       cells, ask, selection, sink);
}

CommandResult list_show(const Ask& ask, const Selection& selection, const Sink& sink) {
    const std::vector<Column> columns{{"PREFIX", 18}, {"REMAINING", 9, true}, {"ORIGINS"}};
    const MakeCells cells = [](const Json& row) -> Cells {
        return {text_of(row, "prefix"), duration_of(row, "remaining_ms"), joined(row, "origins")};
    };
    return stream_table("list_entries", columns, cells, ask, selection, sink);
}

}  // namespace honeyswitch::honeyctl
