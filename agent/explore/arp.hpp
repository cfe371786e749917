// ARP (RFC 826) for IPv4 over Ethernet, with or without an IEEE 802.1Q tag.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace honeyswitch::agent {

using VlanIdentifier = std::uint16_t;  ///< 1 to 4094

enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };

inline constexpr MacAddress broadcast_mac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

struct ArpFrame {
    MacAddress destination;  ///< of the Ethernet header, as is `source`
    MacAddress source;
    std::optional<VlanIdentifier> vlan;  ///< none: untagged, or tagged with a priority alone
    ArpOperation operation = ArpOperation::request;
    MacAddress sender_mac;
    Ipv4Address sender;
    MacAddress target_mac;
    Ipv4Address target;

    /// RFC 5227, 2.1.1: a host asks whether anybody has the address that it is about to use.
    [[nodiscard]] bool is_probe() const {
        return operation == ArpOperation::request && sender == Ipv4Address{};
    }
    /// RFC 5227, 2.3, and gratuitous ARP of either operation (RFC 5944, 4.6).
    [[nodiscard]] bool is_announcement() const { return sender == target && sender != Ipv4Address{}; }

    friend bool operator==(const ArpFrame&, const ArpFrame&) = default;
};

enum class ArpFault : std::uint8_t {
    truncated,
    not_arp,          ///< another EtherType
    not_ipv4,         ///< other hardware or protocol types or lengths
    other_operation,  ///< neither request nor reply: RARP, InARP, …
    double_tagged,
};
inline constexpr std::size_t arp_fault_count = 5;
[[nodiscard]] std::string_view name_of(ArpFault fault);

/// `tci`: the tag control information that the kernel took out of the frame, if it did.
[[nodiscard]] std::expected<ArpFrame, ArpFault> parse_arp(Bytes frame, std::optional<std::uint16_t> tci);

/// At least 60 octets: Ethernet's minimum without the frame check sequence.
[[nodiscard]] std::vector<std::uint8_t> encode(const ArpFrame& frame);

}  // namespace honeyswitch::agent
