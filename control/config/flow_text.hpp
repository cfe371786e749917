// Protocols, ports and flows as an operator writes them. The errors are the reason alone; the caller knows
// the place.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "control/config/policy.hpp"

namespace honeyswitch::control {

/// True for the protocols whose packets have ports: TCP, UDP and SCTP.
[[nodiscard]] bool has_ports(std::uint8_t protocol);

/// "tcp", "udp", "icmp", "sctp", or an IANA protocol number.
[[nodiscard]] std::expected<std::uint8_t, std::string> parse_protocol(std::string_view text);
/// The name, or the number of what has none here.
[[nodiscard]] std::string protocol_name(std::uint8_t protocol);

/// "22" or "8000-8080".
[[nodiscard]] std::expected<PortRange, std::string> parse_port_range(std::string_view text);
[[nodiscard]] std::string to_string(PortRange ports);

/// "udp:53:192.0.2.53/32", "tcp:1-1023:0.0.0.0/0", "icmp:192.0.2.0/24", "47:192.0.2.0/24": a protocol with
/// ports must say which.
[[nodiscard]] std::expected<AllowedFlow, std::string> parse_allowed_flow(std::string_view text);
[[nodiscard]] std::string to_string(const AllowedFlow& flow);

}  // namespace honeyswitch::control
