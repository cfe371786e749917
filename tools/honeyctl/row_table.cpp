#include "tools/honeyctl/row_table.hpp"

#include <fmt/format.h>

#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {

std::string text_of(const Json& row, const char* key) {
    return row.at(key).is_null() ? "-" : row[key].get<std::string>();
}

std::string number_of(const Json& row, const char* key) {
    const auto member = row.find(key);
    return member == row.end() || member->is_null() ? "-" : fmt::format("{}", member->get<std::uint64_t>());
}

std::string duration_of(const Json& row, const char* key) {
    return row.at(key).is_null() ? "-" : brief_duration(row[key].get<std::int64_t>());
}

std::string joined(const Json& row, const char* key) {
    const auto words = row.at(key).get<std::vector<std::string>>();
    return words.empty() ? "-" : fmt::format("{}", fmt::join(words, ","));
}

CommandResult stream_table(std::string_view name, const std::vector<Column>& columns, MakeCells cells_of,
                           const Ask& ask, const Selection& selection, const Sink& sink) {
    RowWriter writer(sink, selection, table_title(columns));
    auto read = each_row(ask, name, selection, [&](const Json& row) {
        return writer.write([&] { return table_line(columns, cells_of(row)); }, [&] { return row; });
    });
    if (read) writer.finish();
    return read;
}

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

}  // namespace honeyswitch::honeyctl
