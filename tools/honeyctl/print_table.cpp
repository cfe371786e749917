#include "tools/honeyctl/print_table.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/honeyctl/protocol.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

using control::ColumnInfo;
using control::ValueKind;

/// Null: it has no value. A column that is always there must be.
const Json* value_in(const Json& row, const ColumnInfo& column) {
    if (!column.left_out) return row.at(column.name).is_null() ? nullptr : &row.at(column.name);
    const auto member = row.find(column.name);
    return member == row.end() || member->is_null() ? nullptr : &*member;
}

std::string joined(const Json& value) {
    return fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), ","));
}

std::string value_text(const Json& value, const ColumnInfo& column) {
    switch (column.kind) {
        case ValueKind::number:
            return fmt::format("{}", value.get<std::uint64_t>());
        case ValueKind::flag:
            return std::string(column.shown.words.at(value.get<bool>() ? 1 : 0));
        case ValueKind::duration:
            return brief_duration(value.get<std::int64_t>());
        case ValueKind::protocol:
            return protocol_name(value.get<unsigned>());
        case ValueKind::words:
            return joined(value);
        case ValueKind::rows:
            return value.dump();
        case ValueKind::text:
            break;
    }
    return value.get<std::string>();
}

std::string cell(Declared columns, const ColumnInfo& column, const Json& row) {
    const auto text_of = [&](const ColumnInfo& one) {
        const Json* const value = value_in(row, one);
        return value == nullptr ? std::string() : value_text(*value, one);
    };
    const auto& [title, width, of, otherwise, words] = column.shown;
    std::string text = text_of(column);
    if (const auto* const other = control::find_column(columns, otherwise); other != nullptr && text.empty())
        text = text_of(*other);
    if (const auto* const whole = control::find_column(columns, of))
        text = fmt::format("{} of {}", text, text_of(*whole));
    return text.empty() ? "-" : printable(text);
}

bool is_right(const ColumnInfo& column) {
    return (column.kind == ValueKind::number || column.kind == ValueKind::duration) &&
           column.shown.of.empty();
}

CommandResult stream_table(const control::TableInfo& table, const Ask& ask, const Selection& selection,
                           const Sink& sink) {
    const auto columns = shown_columns(table.columns);
    RowWriter writer(sink, selection, table_title(columns));
    auto read = each_row(ask, table.name, selection, [&](const Json& row) {
        return writer.write([&] { return table_line(columns, shown_cells(table.columns, row)); },
                            [&] { return row; });
    });
    if (read) writer.finish();
    return read;
}

CommandResult short_table(const control::TableInfo& table, const Ask& ask, const Selection& selection,
                          const Sink& sink) {
    std::vector<Json> rows;
    auto read = each_row(ask, table.name, selection, [&](const Json& row) {
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
    for (const auto& row : rows) cells.push_back(shown_cells(table.columns, row));
    sink(whole_table(shown_columns(table.columns), cells));
    return {};
}

}  // namespace

std::vector<Column> shown_columns(Declared columns) {
    std::vector<Column> shown;
    for (const ColumnInfo& column : columns)
        if (!column.shown.title.empty())
            shown.push_back({column.shown.title, column.shown.width, is_right(column)});
    return shown;
}

Cells shown_cells(Declared columns, const Json& row) {
    Cells cells;
    for (const ColumnInfo& column : columns)
        if (!column.shown.title.empty()) cells.push_back(cell(columns, column, row));
    return cells;
}

CommandResult print_table(const control::TableInfo& table, const Ask& ask, const Selection& selection,
                          const Sink& sink) {
    const bool while_read =
        std::ranges::any_of(table.columns, [](const ColumnInfo& column) { return column.shown.width != 0; });
    return while_read ? stream_table(table, ask, selection, sink) : short_table(table, ask, selection, sink);
}

}  // namespace honeyswitch::honeyctl
