// Which session an event is of, and the columns that say so.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/columns.hpp"
#include "base/headers.hpp"
#include "base/l2_path.hpp"
#include "control/events/event_names.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

struct SessionName {
    dataplane::SessionKey key{};
    std::uint64_t flow_id = 0;  ///< 0: none
    std::uint32_t flow = 0;
    Milliseconds created{};  ///< since the process started its clock
    HoneypotNumber honeypot{};
    L2Path path{};  ///< of its latest packet from outside

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

/// Since the process started its clock; negative before that.
struct ClockMoment {
    Milliseconds since{};
};
/// The same moment as the wall clock has it: "2026-11-27T03:40:00.123Z".
struct WallMoment {
    Milliseconds since{};
};

/// VLAN identifiers, the outer one first.
struct VlanIds {
    std::array<std::uint16_t, max_vlan_tags> ids{};
    std::uint8_t count = 0;
};
[[nodiscard]] constexpr std::optional<VlanIds> vlans_of(const L2Path& path) {
    if (path.tag_count == 0) return std::nullopt;
    VlanIds vlans{.count = path.tag_count};
    for (std::size_t i = 0; i < path.tag_count; ++i) vlans.ids.at(i) = path.tags.at(i).tci.host() & 0x0fffU;
    return vlans;
}

/// The first columns of an event of a session.
constexpr auto session_columns() {
    return std::tuple{
        Column{"flow_id",
               [](const auto& event) {
                   const std::uint64_t id = event.session.flow_id;
                   return id != 0 ? std::optional(id) : std::nullopt;
               },
               "A number that is this session's alone, for good."},
        Column{"flow", [](const auto& event) { return event.session.flow; },
               "Its place in the table, as in `honeyctl sessions`."},
        Column{"created_ms", [](const auto& event) { return ClockMoment{event.session.created}; },
               "When it began, since the process started its clock; negative: before that."},
        Column{"start", [](const auto& event) { return WallMoment{event.session.created}; },
               "When it began, by the wall clock, UTC."},
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
               "The honeypot that it goes to, by its name in the configuration."},
        Column{"vlan", [](const auto& event) { return vlans_of(event.session.path); },
               "VLAN identifiers of its latest packet from outside, the outer one first."},
        Column{"link", [](const auto& event) { return LinkNumber{event.session.path.link}; },
               "The link that packet came by, where there are several."}};
}

}  // namespace honeyswitch::control
