// Rows of the switch as a table or as JSON: what most commands of honeyctl are.
#pragma once

#include "tools/honeyctl/commands.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {

// A row's member as the text of a cell.
[[nodiscard]] std::string text_of(const Json& row, const char* key);      ///< null: "-"
[[nodiscard]] std::string number_of(const Json& row, const char* key);    ///< not there or null: "-"
[[nodiscard]] std::string duration_of(const Json& row, const char* key);  ///< null: "-"
[[nodiscard]] std::string joined(const Json& row, const char* key);       ///< an empty array: "-"

using MakeCells = Cells (*)(const Json&);

/// A table that is written while it is read, so its columns are as wide as what is usual in them.
[[nodiscard]] CommandResult stream_table(std::string_view name, const std::vector<Column>& columns,
                                         MakeCells cells_of, const Ask& ask, const Selection& selection,
                                         const Sink& sink);

/// A short table: its columns are as wide as they must be.
[[nodiscard]] CommandResult short_table(std::string_view name, std::vector<Column> columns,
                                        MakeCells cells_of, const Ask& ask, const Selection& selection,
                                        const Sink& sink);

}  // namespace honeyswitch::honeyctl
