// The headers of the wire, and the one way to read them from a frame.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/endian.hpp"
#include "base/l2_path.hpp"

namespace honeyswitch {

/// Copies a header out of a frame, where nothing is aligned. The caller has checked the length.
template <typename T>
    requires std::is_trivially_copyable_v<T>
[[nodiscard]] inline T load(const std::uint8_t* bytes) {
    T header;
    std::memcpy(&header, bytes, sizeof header);
    return header;
}

template <typename T>
    requires std::is_trivially_copyable_v<T>
inline void store(std::uint8_t* bytes, const T& header) {
    std::memcpy(bytes, &header, sizeof header);
}

namespace ether_type {
inline constexpr auto ipv4 = Be16::from_host(0x0800);
inline constexpr auto arp = Be16::from_host(0x0806);
inline constexpr auto ipv6 = Be16::from_host(0x86dd);
inline constexpr auto vlan = Be16::from_host(0x8100);          ///< IEEE 802.1Q customer tag
inline constexpr auto service_vlan = Be16::from_host(0x88a8);  ///< IEEE 802.1ad service tag
inline constexpr auto old_qinq = Be16::from_host(0x9100);      ///< service tag of before 802.1ad
}  // namespace ether_type

[[nodiscard]] constexpr bool is_vlan_tag(Be16 type) {
    return type == ether_type::vlan || type == ether_type::service_vlan || type == ether_type::old_qinq;
}

/// IEEE 802.3.
struct EthernetHeader {
    EtherAddress destination;
    EtherAddress source;
    Be16 type;
};
static_assert(sizeof(EthernetHeader) == 14);
inline constexpr unsigned ether_addresses_size = 12;  ///< both addresses, before tags and type

/// RFC 791 section 3.1, without options.
struct Ipv4Header {
    std::uint8_t version_ihl;
    std::uint8_t tos;
    Be16 total_length;
    Be16 identification;
    Be16 flags_offset;  ///< 3 bits of flags, 13 bits of fragment offset in units of 8 bytes
    std::uint8_t ttl;
    std::uint8_t protocol;
    Be16 checksum;
    Be32 source;
    Be32 destination;

    [[nodiscard]] unsigned header_length() const { return (version_ihl & 0x0fU) * 4; }
    [[nodiscard]] bool more_fragments() const { return (flags_offset.host() & 0x2000U) != 0; }
    [[nodiscard]] unsigned fragment_offset() const { return flags_offset.host() & 0x1fffU; }
};
static_assert(sizeof(Ipv4Header) == 20);

namespace protocol {
inline constexpr std::uint8_t icmp = 1, tcp = 6, udp = 17, dccp = 33, sctp = 132, udp_lite = 136;
}
namespace tcp_flag {  // RFC 9293
inline constexpr std::uint8_t syn = 0x02, rst = 0x04, ack = 0x10;
inline constexpr unsigned offset = 13;  ///< bytes from the start of the segment to the flags

/// SYN without ACK or RST: a new connection is asked for.
[[nodiscard]] constexpr bool asks(std::uint8_t flags) {
    return (flags & (syn | ack | rst)) == syn;
}
}  // namespace tcp_flag

/// The first four bytes of TCP, UDP, UDP-Lite, DCCP and SCTP alike.
struct Ports {
    Be16 source;
    Be16 destination;
};
static_assert(sizeof(Ports) == 4);

/// RFC 792. Errors quote the offending IPv4 header and 8 bytes of its payload behind these 8 bytes.
struct IcmpHeader {
    std::uint8_t type;
    std::uint8_t code;
    Be16 checksum;
    Be16 identifier;  ///< of queries; unused in errors
    Be16 sequence;

    [[nodiscard]] bool is_query() const { return type == 0 || type == 8 || (type >= 13 && type <= 18); }
    [[nodiscard]] bool is_reply() const { return type == 0 || type == 14 || type == 16 || type == 18; }
    [[nodiscard]] bool is_error() const { return (type >= 3 && type <= 5) || type == 11 || type == 12; }
};
static_assert(sizeof(IcmpHeader) == 8);

/// RFC 826, for IPv4 over Ethernet.
struct ArpPacket {
    Be16 hardware_type;
    Be16 protocol_type;
    std::uint8_t hardware_length;
    std::uint8_t protocol_length;
    Be16 operation;
    EtherAddress sender_mac;
    std::array<std::uint8_t, 4> sender_ip;
    EtherAddress target_mac;
    std::array<std::uint8_t, 4> target_ip;

    [[nodiscard]] bool is_ipv4_over_ethernet() const {
        return hardware_type == Be16::from_host(1) && protocol_type == ether_type::ipv4 &&
               hardware_length == 6 && protocol_length == 4;
    }
};
static_assert(sizeof(ArpPacket) == 28);
inline constexpr auto arp_request = Be16::from_host(1);
inline constexpr auto arp_reply = Be16::from_host(2);

}  // namespace honeyswitch
