#include "dataplane/stages/session_progress.hpp"

#include <algorithm>

namespace honeyswitch::dataplane {

Contents contents_of(std::span<const std::uint8_t> frame, const L3View& l3) {
    const auto ip = load<Ipv4Header>(frame.data() + l3.l3_offset);
    const std::size_t l4 = l3.l3_offset + ip.header_length();
    const std::size_t length = ip.total_length.host() - ip.header_length();
    if (ip.fragment_offset() != 0) return {.payload = length != 0};
    if (ip.protocol == protocol::udp) return {.payload = length > 8};
    if (ip.protocol != protocol::tcp) return {.payload = true};
    constexpr std::size_t data_offset = 12, flags = tcp_flag::offset;
    if (frame.size() <= l4 + flags || length <= flags) return {.tcp = true};
    constexpr std::size_t shortest_header = 20;
    const std::size_t header = std::max(shortest_header, (frame[l4 + data_offset] >> 4) * std::size_t{4});
    return {.tcp = true, .tcp_flags = frame[l4 + flags], .payload = length > header};
}

}  // namespace honeyswitch::dataplane
