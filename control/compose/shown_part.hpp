// What operators are shown of the configuration: rows, without what only the running system knows.
#pragma once

#include <vector>

#include "control/compose/numbers.hpp"
#include "control/config/numbered.hpp"
#include "control/inspect/policy_tables.hpp"
#include "control/inspect/stats_table.hpp"

namespace honeyswitch::control {

struct ShownConfig {
    /// With what is configured: how sessions begin, containment, capacities.
    Stats stats;
    std::vector<PortRow> ports;                    ///< by dataplane::PortIndex
    std::vector<Numbered<HoneypotRow>> honeypots;  ///< in the order of the configuration, as all
    std::vector<Numbered<PoolRow>> pools;
    std::vector<Numbered<ListRow>> lists;
    std::vector<RuleRow> rules;
    Milliseconds idle_timeout{};
};

[[nodiscard]] ShownConfig shown_config(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
