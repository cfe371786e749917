// Why a worker hands a packet to the control thread: what OpenFlow calls the reason of a Packet-In.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace honeyswitch::dataplane {

enum class PacketInReason : std::uint8_t {
    inactive_address,   ///< from outside, without a session, for an address that nobody uses
    rule,               ///< for an active address, and a rule diverts it
    list,               ///< for an active address, and its source is on a list of attackers
    missing_companion,  ///< a session's first fragment: the following ones have no entry yet
    behind_fragment,    ///< an earlier fragment of its addresses is on its way through the control thread
    portless_fragment,  ///< a following fragment that no entry says whose it is
    honeypot_flow,      ///< a honeypot begins a flow of its own
    honeypot_arp,       ///< ARP of a honeypot that asks nothing
    probe_answered,     ///< a honeypot's packet to where the switch's own probes come from
    count_,
};
inline constexpr std::size_t packet_in_reason_count = static_cast<std::size_t>(PacketInReason::count_);

struct PacketInReasonName {
    PacketInReason reason;
    std::string_view name;
};
/// In the order of PacketInReason.
inline constexpr std::array<PacketInReasonName, packet_in_reason_count> packet_in_reason_names{{
    {PacketInReason::inactive_address, "inactive_address"},
    {PacketInReason::rule, "rule"},
    {PacketInReason::list, "list"},
    {PacketInReason::missing_companion, "missing_companion"},
    {PacketInReason::behind_fragment, "behind_fragment"},
    {PacketInReason::portless_fragment, "portless_fragment"},
    {PacketInReason::honeypot_flow, "honeypot_flow"},
    {PacketInReason::honeypot_arp, "honeypot_arp"},
    {PacketInReason::probe_answered, "probe_answered"},
}};

/// As records, captures and the log call it.
[[nodiscard]] constexpr std::string_view name_of(PacketInReason reason) {
    return packet_in_reason_names.at(static_cast<std::size_t>(reason)).name;
}

[[nodiscard]] constexpr bool packet_in_reasons_in_order() {
    for (std::size_t i = 0; i < packet_in_reason_count; ++i)
        if (packet_in_reason_names.at(i).reason != static_cast<PacketInReason>(i)) return false;
    return true;
}
static_assert(packet_in_reasons_in_order());

}  // namespace honeyswitch::dataplane
