// Aligned tables for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace honeyswitch::honeyctl {

struct Column {
    std::string_view title;
    std::size_t width = 0;  ///< at least; what is longer pushes the rest of its line
    bool right = false;     ///< numbers are aligned to the right
};

using Cells = std::vector<std::string>;

/// What a terminal would obey (control characters of ASCII, and those of ISO 8859-1 in UTF-8) as it is
/// written in C: "\\x1b[2J". Others may have chosen the text.
[[nodiscard]] std::string printable(std::string_view text);

/// One line, with its newline and without blanks at its end. Precondition: as many cells as columns.
[[nodiscard]] std::string table_line(const std::vector<Column>& columns, const Cells& cells);
[[nodiscard]] std::string table_title(const std::vector<Column>& columns);
/// Title and all rows, each column as wide as its widest cell.
[[nodiscard]] std::string whole_table(std::vector<Column> columns, const std::vector<Cells>& rows);

/// "850ms", "12s", "3m05s", "2h07m", "4d11h"
[[nodiscard]] std::string brief_duration(std::int64_t milliseconds);

}  // namespace honeyswitch::honeyctl
