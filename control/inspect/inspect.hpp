// What an operator may see of the running system. Read on the control thread; large tables are read a page at
// a time, so that no listing holds up a decision.
//
// The tables are declared in *_tables.hpp: beside the struct of a row stand its columns, and below the rows
// who knows them and what each table is called. The operator's socket and honeyctl take all_tables from here.
#pragma once

#include <tuple>
#include <vector>

#include "control/inspect/campus_tables.hpp"
#include "control/inspect/change_tables.hpp"
#include "control/inspect/diversion_state.hpp"
#include "control/inspect/policy_tables.hpp"
#include "control/inspect/stats_table.hpp"
#include "control/inspect/traffic_tables.hpp"

namespace honeyswitch::control {

class Inspect : public InspectTraffic,
                public InspectCampus,
                public InspectPolicy,
                public InspectStats,
                public InspectChanges {
  public:
    virtual ~Inspect() = default;

    /// The ports, without what is counted there: that takes longer.
    [[nodiscard]] virtual std::vector<PortRow> port_names() const = 0;
    [[nodiscard]] virtual Milliseconds idle_timeout() const = 0;
    /// Shown in the head of every table, unless it is as usual.
    [[nodiscard]] virtual DiversionState diversion() const = 0;

  protected:
    Inspect() = default;
    Inspect(const Inspect&) = default;
    Inspect& operator=(const Inspect&) = default;
};

/// In the order of honeyctl's --help.
inline constexpr auto all_tables =
    std::tuple_cat(traffic_tables, campus_tables, policy_tables, stats_tables, change_tables);

}  // namespace honeyswitch::control
