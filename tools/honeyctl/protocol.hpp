// IPv4 protocols (IANA numbers) by the names that Open vSwitch gives them.
#pragma once

#include <string>

namespace honeyswitch::honeyctl {

/// "tcp", "udp", "icmp", "sctp", or the number.
[[nodiscard]] std::string protocol_name(unsigned protocol);
/// True if a match can begin with the protocol's name.
[[nodiscard]] bool has_name(unsigned protocol);
/// How a match begins: "tcp", or "ip" where the number follows as nw_proto.
[[nodiscard]] std::string match_protocol(unsigned protocol);
/// True if sessions of it have ports or an identifier, so that only their later fragments have none.
[[nodiscard]] bool has_ports(unsigned protocol);

}  // namespace honeyswitch::honeyctl
