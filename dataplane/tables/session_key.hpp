// The match of a session flow (priority 3): what makes two packets the same session, in both directions.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "base/endian.hpp"

namespace honeyswitch::dataplane {

/// Which header fields fill the ports of a key.
enum class KeyKind : std::uint8_t {
    ports = 0,     ///< TCP, UDP, SCTP, DCCP, UDP-Lite: both ports; ICMP queries: the identifier and 0
    portless = 1,  ///< any other protocol, and the companion entry of fragmented datagrams: ports are 0
};

/// Written from the outside's point of view, whichever way the packet goes, so that a reply of the honeypot
/// finds the session of its request. VLAN tags are not part of it: they belong to the return path (L2Path).
struct SessionKey {
    Be32 outside;             ///< the attacker's address
    Be32 inside;              ///< the decoy's address, on the campus
    Be16 outside_port;        ///< ICMP queries (RFC 792): the identifier
    Be16 inside_port;         ///< ICMP queries: 0
    std::uint8_t protocol{};  ///< IPv4 protocol number (IANA)
    KeyKind kind = KeyKind::ports;
    std::uint16_t reserved = 0;  ///< always 0: the key is hashed and compared as 16 bytes

    friend constexpr bool operator==(const SessionKey&, const SessionKey&) = default;
};
static_assert(sizeof(SessionKey) == 16 && alignof(SessionKey) == 4);

/// The entry without ports that following fragments (RFC 791: offset > 0) of this session's datagrams match.
[[nodiscard]] inline SessionKey companion_of(const SessionKey& key) {
    SessionKey companion = key;
    companion.outside_port = {};
    companion.inside_port = {};
    companion.kind = KeyKind::portless;
    return companion;
}

}  // namespace honeyswitch::dataplane
