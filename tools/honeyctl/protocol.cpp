#include "tools/honeyctl/protocol.hpp"

namespace honeyswitch::honeyctl {
namespace {

constexpr unsigned icmp = 1, tcp = 6, udp = 17, dccp = 33, sctp = 132, udp_lite = 136;

}  // namespace

bool has_name(unsigned protocol) {
    return protocol == icmp || protocol == tcp || protocol == udp || protocol == sctp;
}

std::string protocol_name(unsigned protocol) {
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

std::string match_protocol(unsigned protocol) {
    return has_name(protocol) ? protocol_name(protocol) : "ip";
}

bool has_ports(unsigned protocol) {
    return has_name(protocol) || protocol == dccp || protocol == udp_lite;
}

}  // namespace honeyswitch::honeyctl
