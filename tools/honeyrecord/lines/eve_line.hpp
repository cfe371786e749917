// An event as a line of JSON with the names of Suricata's EVE.
#pragma once

#include <string>

#include "tools/honeyrecord/event/event.hpp"

namespace honeyswitch::record {

/// One JSON object, without a newline: timestamp, of a session flow_id, event_type, then what the switch told
/// as it told it, and of a session community_id, if it has one. conf/honeyrecord.schema.json has its shape.
/// Never longer than what the switch told and these four.
[[nodiscard]] std::string eve_line(const Event& event);

}  // namespace honeyswitch::record
