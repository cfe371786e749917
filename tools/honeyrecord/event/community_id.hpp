// Community ID, version 1 (github.com/corelight/community-id-spec): a name of a flow that Suricata, Zeek and
// others compute likewise, so that what they say of it can be found.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/address.hpp"

namespace honeyswitch::record {

/// A flow of IPv4, in whichever direction.
struct FlowTuple {
    Ipv4Address source, destination;
    std::uint8_t protocol = 0;  ///< IANA's number
    /// Of TCP, UDP and SCTP the ports; of ICMP its type, and its code as the destination's. None otherwise.
    std::optional<std::uint16_t> source_port = std::nullopt, destination_port = std::nullopt;
};

/// "1:LQU9qZlK+B5F3KDmev6m5PMibrg=". Both directions have the same.
[[nodiscard]] std::string community_id(const FlowTuple& flow, std::uint16_t seed = 0);

/// SHA-1 (RFC 3174) of less than 56 octets, which is one block: the specification of the Community ID asks
/// for it, and nothing here relies on its strength.
[[nodiscard]] std::array<std::uint8_t, 20> sha1_of_one_block(std::span<const std::uint8_t> octets);

}  // namespace honeyswitch::record
