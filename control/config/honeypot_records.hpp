// [[pool]] and [[honeypot]] of the configuration file: each function adds what one table says.
#pragma once

#include "control/config/record_reader.hpp"

namespace honeyswitch::control {

void read_pool(RecordReader& reader, Config& config);
void read_honeypot(RecordReader& reader, Config& config);

}  // namespace honeyswitch::control
