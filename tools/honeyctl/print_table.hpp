// Rows of the switch as a table or as JSON: what most commands of honeyctl are. A table is printed by what is
// declared of it (control/inspect/).
#pragma once

#include <span>

#include "control/inspect/table.hpp"
#include "tools/honeyctl/commands.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {

using Declared = std::span<const control::ColumnInfo>;

/// Those that have a title.
[[nodiscard]] std::vector<Column> shown_columns(Declared columns);
/// A row of the switch as a line of them: "-" where there is no value.
[[nodiscard]] Cells shown_cells(Declared columns, const Json& row);

/// The name of a column, for what is printed otherwise; a name that is not declared does not compile.
template <typename Row>
class Key {
  public:
    consteval Key(const char* name) : name_(name) {
        if (control::find_column(control::columns_of<Row>, name) == nullptr) throw "there is no such column";
    }
    [[nodiscard]] const char* name() const { return name_; }

  private:
    const char* name_;
};

/// A table of which a column has a width is written while it is read; another one is read first, and is as
/// wide as it must be.
[[nodiscard]] CommandResult print_table(const control::TableInfo& table, const Ask& ask,
                                        const Selection& selection, const Sink& sink);

}  // namespace honeyswitch::honeyctl
