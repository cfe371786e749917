// How far a session has come so far, and what it has carried.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "base/clock.hpp"
#include "base/columns.hpp"
#include "control/events/session_origin.hpp"
#include "dataplane/tables/progress.hpp"

namespace honeyswitch::control {

struct SessionCourse {
    dataplane::Step step{};
    Milliseconds duration{};
    /// From its beginning; none: it has not come so far, or before the switch knew of it.
    std::optional<Milliseconds> answered = std::nullopt, handshake = std::nullopt, payload = std::nullopt;
    /// Of TCP: those that the workers have looked at.
    std::optional<TcpFlags> flags_in = std::nullopt, flags_out = std::nullopt;
    std::uint64_t packets_in = 0, bytes_in = 0, packets_out = 0, bytes_out = 0;

    friend bool operator==(const SessionCourse&, const SessionCourse&) = default;
};

constexpr auto course_columns() {
    return std::tuple{Column{"step", [](const auto& event) { return event.course.step; },
                             "The last step that it has reached."},
                      Column{"duration_ms", [](const auto& event) { return event.course.duration; },
                             "From its first packet to its last."},
                      Column{"answered_ms", [](const auto& event) { return event.course.answered; },
                             "From its first packet to the honeypot's answer."},
                      Column{"handshake_ms", [](const auto& event) { return event.course.handshake; },
                             "From its first packet to the one that completed the TCP handshake."},
                      Column{"payload_ms", [](const auto& event) { return event.course.payload; },
                             "From its first packet to the attacker's first data after the answer."},
                      Column{"tcp_flags_ts", [](const auto& event) { return event.course.flags_in; },
                             "TCP flags to the honeypot up to the first data, hexadecimal."},
                      Column{"tcp_flags_tc", [](const auto& event) { return event.course.flags_out; },
                             "TCP flags of the honeypot up to its answer, hexadecimal."},
                      Column{"pkts_toserver", [](const auto& event) { return event.course.packets_in; },
                             "Packets from outside to the honeypot."},
                      Column{"bytes_toserver", [](const auto& event) { return event.course.bytes_in; },
                             "Bytes of those, without FCS."},
                      Column{"pkts_toclient", [](const auto& event) { return event.course.packets_out; },
                             "Packets from the honeypot to outside."},
                      Column{"bytes_toclient", [](const auto& event) { return event.course.bytes_out; },
                             "Bytes of those, without FCS."}};
}

}  // namespace honeyswitch::control
