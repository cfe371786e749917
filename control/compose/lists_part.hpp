// The lists of sources, with the bit of each in the table that workers look at.
#pragma once

#include <vector>

#include "control/compose/numbers.hpp"
#include "control/config/numbered.hpp"

namespace honeyswitch::control {

/// In the order of the configuration, which AuthLog::list refers to.
[[nodiscard]] std::vector<Numbered<SourceList>> numbered_lists(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
