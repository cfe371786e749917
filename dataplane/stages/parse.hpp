// From a frame to what the tables are asked: first the IPv4 header, then, only where a session may exist, its
// key.
//
// Reads within the given length only, allocates nothing, and needs no EAL.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/headers.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// Why a frame has no IPv4 header that can be used.
enum class L3Result : std::uint8_t {
    ipv4,
    arp,
    ipv6,
    other_type,       ///< LLDP, STP, 802.3 with LLC, …
    too_many_tags,    ///< more than max_vlan_tags
    frame_too_short,  ///< ends within the Ethernet or the IPv4 header
    bad_ipv4_header,  ///< version, header length or total length contradict each other or the frame (RFC
                      ///< 1122, 3.2.1)
};

struct L3View {
    L3Result result = L3Result::frame_too_short;
    std::uint8_t tag_count = 0;
    std::uint16_t l3_offset = 0;    ///< bytes from the start of the frame to the network header
    std::uint32_t source = 0;       ///< host byte order
    std::uint32_t destination = 0;  ///< host byte order
};

/// `frame` is what lies contiguous in memory; `frame_length` is the frame's whole length without FCS.
[[nodiscard]] L3View parse_tagged_l3(std::span<const std::uint8_t> frame, std::uint32_t frame_length);

/// As parse_tagged_l3, with a short way for what nearly every frame is: untagged IPv4 without options.
[[nodiscard]] inline L3View parse_l3(std::span<const std::uint8_t> frame, std::uint32_t frame_length) {
    constexpr unsigned l3 = sizeof(EthernetHeader);
    if (frame.size() >= l3 + sizeof(Ipv4Header) &&
        load<Be16>(frame.data() + ether_addresses_size) == ether_type::ipv4 && frame[l3] == 0x45) [[likely]] {
        const unsigned total = load<Be16>(frame.data() + l3 + 2).host();
        if (total >= sizeof(Ipv4Header) && l3 + total <= frame_length) [[likely]]
            return {L3Result::ipv4, 0, l3, load<Be32>(frame.data() + l3 + 12).host(),
                    load<Be32>(frame.data() + l3 + 16).host()};
    }
    return parse_tagged_l3(frame, frame_length);
}

/// Which side sent the packet: it decides which of its addresses is the key's outside.
enum class From : std::uint8_t { outside, honeypot };

struct SessionView {
    bool valid = false;           ///< false: the layer 4 header is cut short; nothing else is set
    bool first_fragment = false;  ///< of several (RFC 791: offset 0, more fragments)
    bool following_fragment = false;
    bool icmp_error = false;  ///< `key` is that of the packet it quotes; `own_key` is its own
    bool icmp_reply = false;  ///< of a query: echo, timestamp, information or mask reply
    bool quotes_foreign =
        false;  ///< an ICMP error whose addresses do not fit what it quotes: belongs to no session
    std::uint8_t tcp_flags = 0;  ///< RFC 9293; 0 unless TCP and not a following fragment
    SessionKey key;              ///< what to look up
    SessionKey own_key;          ///< what a new session would be called
};

/// The short way for what nearly every packet is: untagged, without IPv4 options, no fragment, TCP or UDP.
/// False: it is not, or not healthy, and parse_l3 and parse_session have to tell. In the direction from
/// outside, addresses and ports lie in the packet as they lie in the key.
[[nodiscard]] inline bool parse_plain(std::span<const std::uint8_t> frame, std::uint32_t frame_length,
                                      From from, SessionKey& key) {
    constexpr unsigned l3 = sizeof(EthernetHeader);
    constexpr unsigned l4 = l3 + sizeof(Ipv4Header);
    if (frame.size() < l4 + sizeof(Ports)) return false;
    const std::uint8_t* const bytes = frame.data();
    const std::uint8_t number = bytes[l3 + 9];
    const unsigned total = load<Be16>(bytes + l3 + 2).host();
    const auto not_a_fragment = (load<Be16>(bytes + l3 + 6).host() & 0x3fffU) == 0;
    // Not "||": which of the two a packet is cannot be predicted, so a branch would often be wrong.
    const bool has_ports =
        (static_cast<int>(number == protocol::tcp) | static_cast<int>(number == protocol::udp)) != 0;
    const bool plain = load<Be16>(bytes + ether_addresses_size) == ether_type::ipv4 && bytes[l3] == 0x45 &&
                       not_a_fragment && has_ports && total >= sizeof(Ipv4Header) + sizeof(Ports) &&
                       l3 + total <= frame_length;
    if (!plain) return false;
    // In two words, as the hash reads it again: a word that was stored in parts makes its reader wait.
    static_assert(std::endian::native == std::endian::little && KeyKind::ports == KeyKind{0});
    auto addresses = load<std::uint64_t>(bytes + l3 + 12);
    auto ports = load<std::uint32_t>(bytes + l4);
    if (from == From::honeypot) {
        addresses = std::rotl(addresses, 32);
        ports = std::rotl(ports, 16);
    }
    const std::uint64_t words[] = {addresses, ports | std::uint64_t{number} << 32};
    static_assert(sizeof key == sizeof words);
    std::memcpy(&key, words, sizeof key);
    return true;
}

/// As opens_connection, for a frame with VLAN tags or IPv4 options.
[[nodiscard]] bool unusual_opens_connection(std::span<const std::uint8_t> frame, std::uint32_t frame_length);

/// Whether it is a TCP segment that asks for a new connection (RFC 9293: SYN without ACK or RST).
[[nodiscard]] inline bool opens_connection(std::span<const std::uint8_t> frame, std::uint32_t frame_length) {
    constexpr unsigned l3 = sizeof(EthernetHeader);
    constexpr unsigned flags = l3 + sizeof(Ipv4Header) + tcp_flag::offset;
    if (frame.size() <= flags) [[unlikely]]
        return unusual_opens_connection(frame, frame_length);
    // Four bytes at once, the first of them lowest: EtherType, version and header length, TOS; then flags and
    // fragment offset, TTL, protocol.
    static_assert(std::endian::native == std::endian::little);
    const auto type_to_tos = load<std::uint32_t>(frame.data() + ether_addresses_size);
    const auto fragment_to_protocol = load<std::uint32_t>(frame.data() + l3 + 6);
    constexpr std::uint32_t ipv4_without_options = 0x45'0008;
    if ((type_to_tos & 0xff'ffff) != ipv4_without_options) [[unlikely]]
        return unusual_opens_connection(frame, frame_length);
    // Not "&&": what a packet of a flood is cannot be predicted.
    constexpr std::uint32_t offset_and_protocol = 0xff00'ff1f;
    constexpr std::uint32_t first_of_tcp = std::uint32_t{protocol::tcp} << 24;
    const bool first_segment = (fragment_to_protocol & offset_and_protocol) == first_of_tcp;
    const unsigned total = load<Be16>(frame.data() + l3 + 2).host();
    const bool whole = total > flags - l3;
    const bool asks = tcp_flag::asks(frame[flags]);
    return (static_cast<int>(first_segment) & static_cast<int>(whole) & static_cast<int>(asks)) != 0;
}

/// Precondition: `l3.result` is ipv4, for this frame.
[[nodiscard]] SessionView parse_session(std::span<const std::uint8_t> frame, const L3View& l3, From from);

/// The way back to where this frame came from. Precondition: `l3` is of this frame.
[[nodiscard]] L2Path l2_path_of(std::span<const std::uint8_t> frame, const L3View& l3, std::uint8_t link);

}  // namespace honeyswitch::dataplane
