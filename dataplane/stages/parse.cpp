#include "dataplane/stages/parse.hpp"

#include <algorithm>

namespace honeyswitch::dataplane {
namespace {

L3Result result_of_type(Be16 type) {
    if (type == ether_type::arp) return L3Result::arp;
    if (type == ether_type::ipv6) return L3Result::ipv6;
    return is_vlan_tag(type) ? L3Result::too_many_tags : L3Result::other_type;
}

bool has_ports(std::uint8_t number) {
    return number == protocol::tcp || number == protocol::udp || number == protocol::sctp ||
           number == protocol::dccp || number == protocol::udp_lite;
}

/// The key of a packet going from `source` to `destination`, portless until told otherwise.
SessionKey key_of(const Ipv4Header& ip, From from) {
    const bool inbound = from == From::outside;
    return {.outside = inbound ? ip.source : ip.destination,
            .inside = inbound ? ip.destination : ip.source,
            .outside_port = {},
            .inside_port = {},
            .protocol = ip.protocol,
            .kind = KeyKind::portless};
}

void set_ports(SessionKey& key, Ports ports, From from) {
    key.kind = KeyKind::ports;
    key.outside_port = from == From::outside ? ports.source : ports.destination;
    key.inside_port = from == From::outside ? ports.destination : ports.source;
}

void set_identifier(SessionKey& key, Be16 identifier) {
    key.kind = KeyKind::ports;
    key.outside_port = identifier;
}

/// Fills the ports of `key` from the first bytes behind an IPv4 header. False: they are cut short.
bool read_ports(SessionKey& key, std::span<const std::uint8_t> l4, From from) {
    if (has_ports(key.protocol)) {
        if (l4.size() < sizeof(Ports)) return false;
        set_ports(key, load<Ports>(l4.data()), from);
    } else if (key.protocol == protocol::icmp) {
        if (l4.size() < sizeof(IcmpHeader)) return false;
        const auto icmp = load<IcmpHeader>(l4.data());
        if (icmp.is_query()) set_identifier(key, icmp.identifier);
    }
    return true;
}

/// RFC 792: an error carries the header of the packet that it is about and at least 8 bytes behind it. That
/// packet went the other way.
void read_quoted(SessionView& view, std::span<const std::uint8_t> quoted, From from) {
    view.icmp_error = true;
    view.quotes_foreign = true;
    if (quoted.size() < sizeof(Ipv4Header)) return;
    const auto ip = load<Ipv4Header>(quoted.data());
    if (ip.version_ihl >> 4 != 4 || ip.header_length() < sizeof(Ipv4Header) ||
        quoted.size() < ip.header_length())
        return;

    const From quoted_from = from == From::outside ? From::honeypot : From::outside;
    auto key = key_of(ip, quoted_from);
    if (ip.fragment_offset() == 0 && !read_ports(key, quoted.subspan(ip.header_length()), quoted_from))
        return;
    // From the outside any router may complain, but to the decoy alone; from the honeypot only the decoy may,
    // to the source of what it quotes.
    const bool fits =
        key.inside == view.own_key.inside && (from == From::outside || key.outside == view.own_key.outside);
    if (!fits) return;
    view.quotes_foreign = false;
    view.key = key;
}

}  // namespace

L3View parse_tagged_l3(std::span<const std::uint8_t> frame, std::uint32_t frame_length) {
    L3View view;
    std::size_t offset = ether_addresses_size;
    if (frame.size() < offset + sizeof(Be16)) return view;
    auto type = load<Be16>(frame.data() + offset);
    while (is_vlan_tag(type) && view.tag_count < max_vlan_tags) {
        offset += sizeof(VlanTag);
        if (frame.size() < offset + sizeof(Be16)) return view;
        type = load<Be16>(frame.data() + offset);
        ++view.tag_count;
    }
    offset += sizeof(Be16);
    view.l3_offset = static_cast<std::uint16_t>(offset);
    if (type != ether_type::ipv4) {
        view.result = result_of_type(type);
        return view;
    }
    if (frame.size() < offset + sizeof(Ipv4Header)) return view;

    const auto ip = load<Ipv4Header>(frame.data() + offset);
    const unsigned total = ip.total_length.host();
    view.result = L3Result::bad_ipv4_header;
    if (ip.version_ihl >> 4 != 4 || ip.header_length() < sizeof(Ipv4Header) || total < ip.header_length() ||
        offset + total > frame_length || offset + ip.header_length() > frame.size())
        return view;
    view.result = L3Result::ipv4;
    view.source = ip.source.host();
    view.destination = ip.destination.host();
    return view;
}

bool unusual_opens_connection(std::span<const std::uint8_t> frame, std::uint32_t frame_length) {
    const L3View l3 = parse_l3(frame, frame_length);
    if (l3.result != L3Result::ipv4) return false;
    const auto ip = load<Ipv4Header>(frame.data() + l3.l3_offset);
    const std::size_t flags = l3.l3_offset + ip.header_length() + tcp_flag::offset;
    const std::size_t end = std::min<std::size_t>(frame.size(), l3.l3_offset + ip.total_length.host());
    if (ip.protocol != protocol::tcp || ip.fragment_offset() != 0 || end <= flags) return false;
    return tcp_flag::asks(frame[flags]);
}

SessionView parse_session(std::span<const std::uint8_t> frame, const L3View& l3, From from) {
    SessionView view;
    const auto ip = load<Ipv4Header>(frame.data() + l3.l3_offset);
    const std::size_t end = std::min<std::size_t>(frame.size(), l3.l3_offset + ip.total_length.host());
    const auto l4 = frame.subspan(l3.l3_offset + ip.header_length(), end - l3.l3_offset - ip.header_length());

    view.key = view.own_key = key_of(ip, from);
    view.following_fragment = ip.fragment_offset() != 0;
    view.first_fragment = !view.following_fragment && ip.more_fragments();
    if (view.following_fragment) {
        view.valid = true;
        return view;
    }
    if (!read_ports(view.own_key, l4, from)) return view;
    view.valid = true;
    view.key = view.own_key;
    if (ip.protocol == protocol::tcp && l4.size() > tcp_flag::offset) view.tcp_flags = l4[tcp_flag::offset];
    if (ip.protocol != protocol::icmp) return view;
    const auto icmp = load<IcmpHeader>(l4.data());
    view.icmp_reply = icmp.is_reply();
    if (icmp.is_error()) read_quoted(view, l4.subspan(sizeof(IcmpHeader)), from);
    return view;
}

L2Path l2_path_of(std::span<const std::uint8_t> frame, const L3View& l3, std::uint8_t link) {
    L2Path path;
    path.link = link;
    path.destination = load<EtherAddress>(frame.data());
    path.source = load<EtherAddress>(frame.data() + sizeof(EtherAddress));
    path.tag_count = l3.tag_count;
    for (unsigned i = 0; i < l3.tag_count; ++i)
        path.tags.at(i) = load<VlanTag>(frame.data() + ether_addresses_size + i * sizeof(VlanTag));
    return path;
}

}  // namespace honeyswitch::dataplane
