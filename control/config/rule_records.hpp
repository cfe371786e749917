// [[rule]], [[list]], [[auth_log]] and [[tier]] of the configuration file: each function adds what one table
// says.
#pragma once

#include "control/config/record_reader.hpp"

namespace honeyswitch::control {

void read_rule(RecordReader& reader, Config& config);
/// Its file need not exist: whoever follows it waits for it.
void read_list(RecordReader& reader, Config& config);
void read_auth_log(RecordReader& reader, Config& config);
void read_tier(RecordReader& reader, Config& config);

}  // namespace honeyswitch::control
