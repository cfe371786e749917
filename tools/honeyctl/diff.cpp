#include "tools/honeyctl/diff.hpp"

#include <vector>

#include <fmt/format.h>

#include "control/inspect/change_tables.hpp"
#include "tools/honeyctl/changes.hpp"
#include "tools/honeyctl/print_table.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

constexpr auto columns = control::columns_of<control::DifferenceRow>;

std::string text_of(const std::vector<Json>& rows, const Json& sentences, bool refused) {
    std::vector<Cells> cells;
    cells.reserve(rows.size());
    for (const Json& row : rows) cells.push_back(shown_cells(columns, row));
    std::string text = rows.empty() ? "" : whole_table(shown_columns(columns), cells);
    if (!sentences.empty())
        text += fmt::format(
            "{}{}\n", refused ? "a reload would be refused:" : "a reload would say:", lines_of(sentences));
    return text;
}

}  // namespace

std::expected<int, std::string> diff(const Ask& ask, const Selection& selection, const Sink& sink) {
    const auto begun = ask_rows(ask, {{"command", "compare"}});
    if (!begun) return std::unexpected(begun.error());
    const auto ended =
        wait_for(ask, "compare_state", "comparison", begun->at(0).at("id").get<std::uint64_t>());
    if (!ended) return std::unexpected(ended.error());
    std::vector<Json> rows;
    const auto read = each_row(ask, "diff", selection, [&](const Json& row) {
        rows.push_back(row);
        return true;
    });
    if (!read) return std::unexpected(read.error());
    const bool refused = ended->at("phase") != "done";
    const Json& sentences = ended->at("sentences");
    if (refused && rows.empty())
        return std::unexpected(fmt::format("a reload would be refused:{}", lines_of(sentences)));
    if (selection.json) {
        RowWriter writer(sink, selection, "");
        for (const Json& row : rows) writer.write([] { return std::string(); }, [&] { return row; });
        writer.finish({{"refused", refused}, {"sentences", sentences}});
    } else {
        sink(text_of(rows, sentences, refused));
    }
    return rows.empty() ? 0 : 1;
}

}  // namespace honeyswitch::honeyctl
