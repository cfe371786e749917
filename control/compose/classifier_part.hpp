// Rules, what lists are for, and the prefixes of the campus, as workers judge by them.
#pragma once

#include "control/compose/numbers.hpp"
#include "dataplane/tables/classifier.hpp"

namespace honeyswitch::control {

[[nodiscard]] dataplane::ClassifierConfig classifier_config(const Config& config, const Numbers& numbers);

}  // namespace honeyswitch::control
