#include "tests/bench/load/frames.hpp"

#include <netinet/in.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

namespace honeyswitch::bench {

namespace {

constexpr rte_ether_addr upstream_router{{0x02, 0, 0, 0, 0x01, 0x01}};
constexpr rte_ether_addr campus_router{{0x02, 0, 0, 0, 0x02, 0x02}};
constexpr rte_ether_addr honeypot{{0x02, 0, 0, 0, 0x03, 0x03}};

rte_ether_hdr ethernet_header(Traffic traffic) {
    rte_ether_hdr header{};
    header.dst_addr = from_campus(traffic) ? upstream_router : campus_router;
    header.src_addr = upstream_router;
    if (traffic == Traffic::reply) header.src_addr = honeypot;
    if (traffic == Traffic::outbound) header.src_addr = campus_router;
    header.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
    return header;
}

rte_ipv4_hdr ip_header(unsigned class_index, bool udp, std::uint16_t bytes) {
    rte_ipv4_hdr header{};
    header.version_ihl = RTE_IPV4_VHL_DEF;
    header.total_length = rte_cpu_to_be_16(bytes);
    header.packet_id = rte_cpu_to_be_16(static_cast<std::uint16_t>(mark | class_index));
    header.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG);
    header.time_to_live = 57;
    header.next_proto_id = udp ? IPPROTO_UDP : IPPROTO_TCP;
    return header;
}

rte_tcp_hdr tcp_header(Traffic traffic) {
    rte_tcp_hdr header{};
    header.data_off = 5 << 4;  // in words
    header.tcp_flags = traffic == Traffic::scan ? RTE_TCP_SYN_FLAG : RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG;
    header.rx_win = RTE_BE16(8192);
    return header;
}

rte_udp_hdr udp_header(std::uint16_t bytes) {
    rte_udp_hdr header{};  // checksum 0: not computed by the sender (RFC 768)
    header.dgram_len = rte_cpu_to_be_16(bytes);
    return header;
}

template <typename Header>
void put(Template& frame, std::size_t offset, const Header& header) {
    auto* bytes = reinterpret_cast<std::byte*>(frame.words.data());
    std::memcpy(bytes + offset, &header, sizeof(header));
}

}  // namespace

Template make_template(Traffic traffic, unsigned class_index, bool udp, std::uint32_t bytes) {
    constexpr std::size_t ip_offset = sizeof(rte_ether_hdr), l4_offset = ip_offset + sizeof(rte_ipv4_hdr);
    const rte_ipv4_hdr ip = ip_header(class_index, udp, static_cast<std::uint16_t>(bytes - ip_offset));
    Template result;
    result.bytes = static_cast<std::uint16_t>(bytes);
    result.checksum = rte_raw_cksum(&ip, sizeof(ip));
    put(result, 0, ethernet_header(traffic));
    put(result, ip_offset, ip);
    if (udp)
        put(result, l4_offset, udp_header(static_cast<std::uint16_t>(bytes - l4_offset)));
    else
        put(result, l4_offset, tcp_header(traffic));
    return result;
}

}  // namespace honeyswitch::bench
