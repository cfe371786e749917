#include "control/honeypots/probe_frames.hpp"

#include "base/headers.hpp"

namespace honeyswitch::control {
namespace {

/// RFC 9293 section 3.1, without options.
struct TcpHeader {
    Be16 source_port;
    Be16 destination_port;
    Be32 seq;
    Be32 ack;
    std::uint8_t data_offset;  ///< upper 4 bits, in units of 4 bytes
    std::uint8_t flags;
    Be16 window;
    Be16 checksum;
    Be16 urgent;
};
static_assert(sizeof(TcpHeader) == 20);

/// RFC 9293 section 3.1: what the checksum covers besides the segment.
struct PseudoHeader {
    Be32 source;
    Be32 destination;
    std::uint8_t zero;
    std::uint8_t protocol;
    Be16 length;
};
static_assert(sizeof(PseudoHeader) == 12);

/// The sum of RFC 1071 over headers of an even number of bytes.
template <typename... Headers>
Be16 checksum_of(const Headers&... headers) {
    std::uint32_t sum = 0;
    const auto add = [&sum]<typename T>(const T& header) {
        static_assert(sizeof(T) % 2 == 0);
        std::array<std::uint8_t, sizeof(T)> bytes;
        store(bytes.data(), header);
        for (std::size_t at = 0; at < bytes.size(); at += 2) sum += load<Be16>(bytes.data() + at).host();
    };
    (add(headers), ...);
    while (sum >> 16 != 0) sum = (sum & 0xffffU) + (sum >> 16);
    return Be16::from_host(static_cast<std::uint16_t>(~sum));
}

template <typename... Headers>
ProbeFrame frame_of(const Headers&... headers) {
    static_assert((sizeof(Headers) + ...) <= ProbeFrame{}.size());
    ProbeFrame frame{};
    std::uint8_t* place = frame.data();
    const auto append = [&place](const auto& header) {
        store(place, header);
        place += sizeof header;
    };
    (append(headers), ...);
    return frame;
}

EthernetHeader ethernet(const MacPair& macs, Be16 type) {
    return {.destination = macs.destination.octets, .source = macs.source.octets, .type = type};
}

Ipv4Header ipv4_of(const TcpSegment& segment) {
    Ipv4Header header{};
    header.version_ihl = 0x45;
    header.total_length = Be16::from_host(sizeof(Ipv4Header) + sizeof(TcpHeader));
    header.flags_offset = Be16::from_host(0x4000);  // RFC 6864: not fragmented, so it needs no identification
    header.ttl = 64;
    header.protocol = protocol::tcp;
    header.source = Be32::from_host(segment.source.value);
    header.destination = Be32::from_host(segment.destination.value);
    header.checksum = checksum_of(header);
    return header;
}

TcpHeader tcp_of(const TcpSegment& segment, const Ipv4Header& ip) {
    TcpHeader header{};
    header.source_port = Be16::from_host(segment.source_port);
    header.destination_port = Be16::from_host(segment.destination_port);
    header.seq = Be32::from_host(segment.seq);
    header.ack = Be32::from_host(segment.ack);
    header.data_offset = sizeof(TcpHeader) / 4 << 4;
    header.flags = segment.flags;
    header.window = Be16::from_host(segment.has(TcpSegment::rst) ? 0 : 0xffff);
    header.checksum = checksum_of(PseudoHeader{.source = ip.source,
                                               .destination = ip.destination,
                                               .zero = 0,
                                               .protocol = protocol::tcp,
                                               .length = Be16::from_host(sizeof(TcpHeader))},
                                  header);
    return header;
}

}  // namespace

ProbeFrame arp_question(const MacPair& macs, Ipv4Address sender, Ipv4Address target) {
    ArpPacket arp{};
    arp.hardware_type = Be16::from_host(1);
    arp.protocol_type = ether_type::ipv4;
    arp.hardware_length = 6;
    arp.protocol_length = 4;
    arp.operation = arp_request;
    arp.sender_mac = macs.source.octets;
    store(arp.sender_ip.data(), Be32::from_host(sender.value));
    store(arp.target_ip.data(), Be32::from_host(target.value));
    return frame_of(ethernet(macs, ether_type::arp), arp);
}

ProbeFrame tcp_frame(const MacPair& macs, const TcpSegment& segment) {
    const Ipv4Header ip = ipv4_of(segment);
    return frame_of(ethernet(macs, ether_type::ipv4), ip, tcp_of(segment, ip));
}

std::optional<TcpSegment> read_tcp_segment(std::span<const std::uint8_t> packet) {
    if (packet.size() < sizeof(Ipv4Header)) return std::nullopt;
    const auto ip = load<Ipv4Header>(packet.data());
    const bool whole = !ip.more_fragments() && ip.fragment_offset() == 0;
    if (ip.version_ihl >> 4 != 4 || ip.protocol != protocol::tcp || !whole) return std::nullopt;
    const std::size_t offset = ip.header_length();
    // RFC 791 section 3.1: the total length, as Ethernet may have padded the packet.
    if (offset < sizeof(Ipv4Header) || ip.total_length.host() < offset + sizeof(TcpHeader) ||
        packet.size() < ip.total_length.host())
        return std::nullopt;
    const auto tcp = load<TcpHeader>(packet.data() + offset);
    return TcpSegment{.source = {ip.source.host()},
                      .destination = {ip.destination.host()},
                      .source_port = tcp.source_port.host(),
                      .destination_port = tcp.destination_port.host(),
                      .flags = tcp.flags,
                      .seq = tcp.seq.host(),
                      .ack = tcp.ack.host()};
}

}  // namespace honeyswitch::control
