// [[agent]] of the configuration file.
#pragma once

#include "control/config/record_reader.hpp"

namespace honeyswitch::control {

/// Adds what one table says, and reads the key file that it names.
void read_agent(RecordReader& reader, Config& config);

}  // namespace honeyswitch::control
