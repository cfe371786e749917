#include "tools/honeyctl/protocol.hpp"

namespace honeyswitch::honeyctl {

std::string protocol_name(unsigned protocol) {
    constexpr unsigned icmp = 1, tcp = 6, udp = 17, sctp = 132;
    switch (protocol) {
        case icmp:
            return "icmp";
        case tcp:
            return "tcp";
        case udp:
            return "udp";
        case sctp:
            return "sctp";
        default:
            return std::to_string(protocol);
    }
}

}  // namespace honeyswitch::honeyctl
