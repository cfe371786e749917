// Which session an event is of, and the columns that say so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/columns.hpp"
#include "base/headers.hpp"
#include "control/events/event_names.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

struct SessionName {
    dataplane::SessionKey key{};
    std::uint32_t flow = 0;
    Milliseconds created{};  ///< since the process started its clock
    HoneypotNumber honeypot{};

    [[nodiscard]] Ipv4Address source() const { return {key.outside.host()}; }
    [[nodiscard]] Ipv4Address destination() const { return {key.inside.host()}; }
    [[nodiscard]] bool has_ports() const {
        return key.kind == dataplane::KeyKind::ports && key.protocol != protocol::icmp;
    }
    [[nodiscard]] std::optional<std::uint16_t> source_port() const {
        return has_ports() ? std::optional(key.outside_port.host()) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint16_t> destination_port() const {
        return has_ports() ? std::optional(key.inside_port.host()) : std::nullopt;
    }
    [[nodiscard]] std::optional<std::uint16_t> identifier() const {
        const bool query = key.kind == dataplane::KeyKind::ports && key.protocol == protocol::icmp;
        return query ? std::optional(key.outside_port.host()) : std::nullopt;
    }
};

/// An IPv4 protocol (IANA), which has a name in text.
struct ProtocolNumber {
    std::uint8_t value = 0;
};

/// The first columns of an event of a session.
constexpr auto session_columns() {
    return std::tuple{
        Column{"flow", [](const auto& event) { return event.session.flow; },
               "Its place in the table, as in `honeyctl sessions`."},
        Column{"created_ms", [](const auto& event) { return event.session.created; },
               "When it began, since the process started its clock."},
        Column{"src_ip", [](const auto& event) { return event.session.source(); },
               "The address outside, the attacker's."},
        Column{"src_port", [](const auto& event) { return event.session.source_port(); },
               "The port outside, of protocols that have ports."},
        Column{"dest_ip", [](const auto& event) { return event.session.destination(); },
               "The address of the campus that it is for."},
        Column{"dest_port", [](const auto& event) { return event.session.destination_port(); },
               "The port that it is for, of protocols that have ports."},
        Column{"identifier", [](const auto& event) { return event.session.identifier(); },
               "Of ICMP queries, in the place of ports."},
        Column{"proto", [](const auto& event) { return ProtocolNumber{event.session.key.protocol}; },
               "TCP, UDP, ICMP, SCTP, or the IANA number of another protocol."},
        Column{"honeypot", [](const auto& event) { return event.session.honeypot; },
               "The honeypot that it goes to, by its name in the configuration."}};
}

}  // namespace honeyswitch::control
