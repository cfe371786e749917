// An event as a line of JSON (docs/operator-protocol.md).
#pragma once

#include <string>

#include "control/events/event.hpp"

namespace honeyswitch::control {

/// Appends {"timestamp":"2026-11-27T03:40:00.123Z","event_type":"session_end","flow":17,…} with a newline.
/// It takes about a microsecond, as there can be tens of thousands in a second.
void append_json(std::string& line, const Event& event, const EventNames& names);

}  // namespace honeyswitch::control
