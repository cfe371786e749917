// The envelope that every datagram of the notice protocol has, and the reasons for which one is refused.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"

namespace honeyswitch::agent {

using Datagram = std::vector<std::uint8_t>;

/// The UDP payload of a 1500-byte IPv4 packet without options: no notice is ever fragmented.
inline constexpr std::size_t max_datagram = 1472;
inline constexpr std::uint16_t default_notice_port = 6466;

inline constexpr std::array<std::uint8_t, 4> notice_magic{'h', 's', 'w', 'n'};
inline constexpr std::uint8_t notice_version = 1;

enum class DatagramKind : std::uint8_t {
    hello = 1,
    welcome = 2,
    confirm = 3,
    to_controller = 4,  ///< sealed by the agent
    to_agent = 5,       ///< sealed by the controller
};

/// Why a datagram was not accepted. Counted by name; the sender is never told.
enum class Refusal : std::uint8_t {
    malformed,            ///< too short, too long, wrong magic, or fields that contradict each other
    unknown_version,      ///< of the protocol
    unknown_agent,        ///< no such agent is configured
    unknown_association,  ///< sealed for an association that is not, or no longer, established
    forged,               ///< the authentication tag does not fit
    replayed,             ///< authentic, but seen before or too old
    out_of_grant,         ///< the domain is not within what the agent was granted
    no_capacity,          ///< the table of domains or of addresses is full
};
inline constexpr std::size_t refusal_count = 8;
/// "out_of_grant": as in metrics and logs.
[[nodiscard]] std::string_view name_of(Refusal refusal);

/// Four octets of magic, version, kind, two octets of zero.
inline constexpr std::size_t header_size = 8;
void put_header(ByteWriter& writer, DatagramKind kind);
[[nodiscard]] std::expected<DatagramKind, Refusal> kind_of(Bytes datagram);

}  // namespace honeyswitch::agent
