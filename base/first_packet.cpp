#include "base/first_packet.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace honeyswitch {
namespace {

constexpr std::size_t shortest_tcp_header = 20;

/// `option` is one with a length, and is all there.
void read_option(FirstPacket& packet, std::span<const std::uint8_t> option) {
    if (option[0] == tcp_option::mss && option.size() == 4)
        packet.tcp_mss = load<Be16>(option.data() + 2).host();
    if (option[0] == tcp_option::window_scale && option.size() == 3) packet.tcp_window_scale = option[2];
    if (option[0] == tcp_option::timestamp && option.size() == 10)
        packet.timestamp_all_ones = load<std::uint32_t>(option.data() + 2) == ~0U;
}

/// What is cut off at the end of the packet is no fault of the sender's options, but cannot be told from it.
void read_options(FirstPacket& packet, std::span<const std::uint8_t> options) {
    while (!options.empty()) {
        const std::uint8_t kind = options[0];
        const bool alone = kind == tcp_option::end || kind == tcp_option::nop;
        const std::size_t length = alone ? 1 : options.size() < 2 ? 0 : options[1];
        if (length == 0 || length > options.size() || (!alone && length < 2)) {
            packet.broken_options = true;
            return;
        }
        if (packet.tcp_option_count < FirstPacket::most_options)
            packet.tcp_options[packet.tcp_option_count] = kind;
        ++packet.tcp_option_count;
        if (kind == tcp_option::end) return;
        if (!alone) read_option(packet, options.first(length));
        options = options.subspan(length);
    }
}

void read_tcp(FirstPacket& packet, std::span<const std::uint8_t> segment) {
    if (segment.size() < shortest_tcp_header) return;
    packet.tcp = true;
    packet.tcp_sequence = load<Be32>(segment.data() + 4).host();
    packet.tcp_flags = segment[tcp_flag::offset];
    packet.tcp_window = load<Be16>(segment.data() + 14).host();
    const std::size_t header = (segment[12] >> 4) * std::size_t{4};
    if (header <= shortest_tcp_header) return;
    read_options(packet, segment.first(std::min(header, segment.size())).subspan(shortest_tcp_header));
}

}  // namespace

FirstPacket read_first_packet(std::span<const std::uint8_t> packet) {
    const auto ip = load<Ipv4Header>(packet.data());
    FirstPacket first{.ip_id = ip.identification.host(), .ip_length = ip.total_length.host()};
    first.ttl = ip.ttl;
    first.tos = ip.tos;
    first.dont_fragment = (ip.flags_offset.host() & 0x4000U) != 0;
    if (ip.protocol != protocol::tcp || ip.fragment_offset() != 0) return first;
    const std::size_t end = std::min<std::size_t>(packet.size(), ip.total_length.host());
    if (end > ip.header_length()) read_tcp(first, packet.first(end).subspan(ip.header_length()));
    return first;
}

std::string tcp_options_text(const FirstPacket& packet) {
    std::string text;
    const unsigned kept = std::min<unsigned>(packet.tcp_option_count, FirstPacket::most_options);
    for (unsigned i = 0; i < kept; ++i) {
        if (i != 0) text += ',';
        switch (packet.tcp_options.at(i)) {
            case tcp_option::end:
                text += "eol";
                break;
            case tcp_option::nop:
                text += "nop";
                break;
            case tcp_option::mss:
                text += fmt::format("mss{}", packet.tcp_mss);
                break;
            case tcp_option::window_scale:
                text += fmt::format("ws{}", packet.tcp_window_scale);
                break;
            case tcp_option::sack_permitted:
                text += "sok";
                break;
            case tcp_option::timestamp:
                text += "ts";
                break;
            default:
                text += fmt::format("?{}", packet.tcp_options.at(i));
        }
    }
    if (packet.tcp_option_count > kept) text += '+';
    if (packet.broken_options) text += '!';
    return text;
}

}  // namespace honeyswitch
