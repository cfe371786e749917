// Events of sessions for the tests of what writes them down.
#pragma once

#include <string>

#include <fmt/format.h>

#include "tools/honeyrecord/event/event.hpp"

namespace honeyswitch::record {

inline WallTime moment(std::int64_t milliseconds = 0) {
    return parse_time("2026-11-27T03:40:00.000Z").value() + std::chrono::milliseconds(milliseconds);
}

/// Of the session with this place in the table, from a source 198.51.100.x. `more`: ",\"name\":value".
inline EventPointer session_event(const std::string& type, unsigned flow, std::int64_t at_ms,
                                  const std::string& more = "", unsigned port = 22,
                                  const std::string& destination = "10.1.2.3") {
    return parse_event(fmt::format(R"({{"timestamp":"{}","event_type":"{}","flow":{},"created_ms":1000,)"
                                   R"("src_ip":"198.51.100.{}","src_port":40000,"dest_ip":"{}",)"
                                   R"("dest_port":{},"proto":"TCP","honeypot":"pot"{}}})",
                                   time_text(moment(at_ms)), type, flow, flow % 250, destination, port, more))
        .value();
}

inline EventPointer begin_event(unsigned flow, std::int64_t at_ms) {
    return session_event("session_begin", flow, at_ms, R"(,"reason":"dark","domain":"10.1.0.0/16")");
}

inline EventPointer end_event(unsigned flow, std::int64_t at_ms, const std::string& step = "payload",
                              unsigned bytes = 400) {
    return session_event(
        "session_end", flow, at_ms,
        fmt::format(R"(,"reason":"idle","step":"{}","duration_ms":1500,"idle_ms":60000,"pkts_toserver":5,)"
                    R"("bytes_toserver":{},"pkts_toclient":4,"bytes_toclient":300)",
                    step, bytes));
}

}  // namespace honeyswitch::record
