// The tables of the configuration file that say which links there are.
#pragma once

#include "control/config/record_reader.hpp"

namespace honeyswitch::control {

/// Read a table each, and add what it says to the configuration, as it is written.
void read_link(RecordReader& reader, Config& config);

}  // namespace honeyswitch::control
