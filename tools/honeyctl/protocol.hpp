// IPv4 protocols (IANA numbers) by the names that Open vSwitch gives them.
#pragma once

#include <string>

namespace honeyswitch::honeyctl {

/// "tcp", "udp", "icmp", "sctp", or the number.
[[nodiscard]] std::string protocol_name(unsigned protocol);

}  // namespace honeyswitch::honeyctl
