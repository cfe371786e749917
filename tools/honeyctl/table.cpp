#include "tools/honeyctl/table.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace honeyswitch::honeyctl {

std::string printable(std::string_view text) {
    constexpr unsigned char blank = ' ', rubout = 0x7f;  // the first that is shown, and one that is not
    constexpr unsigned char lead = 0xc2, first = 0x80, last = 0x9f;  // U+0080 to U+009F
    std::string shown;
    shown.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : blank;
        if (c == lead && next >= first && next <= last) {
            shown += fmt::format("\\x{:02x}\\x{:02x}", c, next);
            ++i;
        } else if (c < blank || c == rubout) {
            shown += fmt::format("\\x{:02x}", c);
        } else {
            shown += text[i];
        }
    }
    return shown;
}

std::string table_line(const std::vector<Column>& columns, const Cells& cells) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto& cell = cells.at(i);
        line += columns[i].right ? fmt::format("{:>{}}", cell, columns[i].width)
                                 : fmt::format("{:<{}}", cell, columns[i].width);
        line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string table_title(const std::vector<Column>& columns) {
    Cells titles;
    for (const auto& column : columns) titles.emplace_back(column.title);
    return table_line(columns, titles);
}

std::string whole_table(std::vector<Column> columns, const std::vector<Cells>& rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
        columns[i].width = std::max(columns[i].width, columns[i].title.size());
        for (const auto& row : rows) columns[i].width = std::max(columns[i].width, row.at(i).size());
    }
    auto text = table_title(columns);
    for (const auto& row : rows) text += table_line(columns, row);
    return text;
}

std::string brief_duration(std::int64_t milliseconds) {
    const auto s = milliseconds / 1000;
    if (s == 0) return fmt::format("{}ms", milliseconds);
    if (s < 60) return fmt::format("{}s", s);
    if (s < 3600) return fmt::format("{}m{:02}s", s / 60, s % 60);
    if (s < 86'400) return fmt::format("{}h{:02}m", s / 3600, s / 60 % 60);
    return fmt::format("{}d{:02}h", s / 86'400, s / 3600 % 24);
}

}  // namespace honeyswitch::honeyctl
