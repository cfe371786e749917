#include "agent/explore/arp.hpp"

#include <algorithm>

namespace honeyswitch::agent {
namespace {

constexpr std::uint16_t ethertype_arp = 0x0806;
constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t hardware_ethernet = 1;
constexpr std::size_t minimum_frame = 60;

constexpr bool is_tag(std::uint16_t ethertype) {
    return ethertype == 0x8100 || ethertype == 0x88a8 || ethertype == 0x9100;
}

std::optional<VlanIdentifier> vlan_of(std::uint16_t tci) {
    const auto vlan = static_cast<VlanIdentifier>(tci & 0xfff);
    return vlan == 0 ? std::nullopt : std::optional(vlan);
}

MacAddress get_mac(ByteReader& reader) {
    return {reader.get_array<6>()};
}

}  // namespace

std::string_view name_of(ArpFault fault) {
    static constexpr std::array<std::string_view, arp_fault_count> names{"truncated", "not_arp", "not_ipv4",
                                                                         "other_operation", "double_tagged"};
    return names.at(static_cast<std::size_t>(fault));
}

std::expected<ArpFrame, ArpFault> parse_arp(Bytes frame, std::optional<std::uint16_t> tci) {
    ByteReader reader(frame);
    ArpFrame arp;
    arp.destination = get_mac(reader);
    arp.source = get_mac(reader);
    auto ethertype = reader.get<std::uint16_t>();
    if (is_tag(ethertype)) {
        if (tci) return std::unexpected(ArpFault::double_tagged);
        tci = reader.get<std::uint16_t>();
        ethertype = reader.get<std::uint16_t>();
        if (is_tag(ethertype)) return std::unexpected(ArpFault::double_tagged);
    }
    if (!reader.ok()) return std::unexpected(ArpFault::truncated);
    if (ethertype != ethertype_arp) return std::unexpected(ArpFault::not_arp);
    if (tci) arp.vlan = vlan_of(*tci);

    const auto hardware = reader.get<std::uint16_t>();
    const auto protocol = reader.get<std::uint16_t>();
    const auto lengths = reader.get<std::uint16_t>();
    const auto operation = reader.get<std::uint16_t>();
    arp.sender_mac = get_mac(reader);
    arp.sender.value = reader.get<std::uint32_t>();
    arp.target_mac = get_mac(reader);
    arp.target.value = reader.get<std::uint32_t>();
    if (!reader.ok()) return std::unexpected(ArpFault::truncated);
    if (hardware != hardware_ethernet || protocol != ethertype_ipv4 || lengths != 0x0604)
        return std::unexpected(ArpFault::not_ipv4);
    if (operation != 1 && operation != 2) return std::unexpected(ArpFault::other_operation);
    arp.operation = static_cast<ArpOperation>(operation);
    return arp;
}

std::vector<std::uint8_t> encode(const ArpFrame& frame) {
    ByteWriter writer;
    writer.put(Bytes(frame.destination.octets)).put(Bytes(frame.source.octets));
    if (frame.vlan) writer.put(std::uint16_t{0x8100}).put(*frame.vlan);
    writer.put(ethertype_arp).put(hardware_ethernet).put(ethertype_ipv4).put(std::uint16_t{0x0604});
    writer.put(static_cast<std::uint16_t>(frame.operation));
    writer.put(Bytes(frame.sender_mac.octets)).put(frame.sender.value);
    writer.put(Bytes(frame.target_mac.octets)).put(frame.target.value);
    auto octets = writer.take();
    octets.resize(std::max(octets.size(), minimum_frame));
    return octets;
}

}  // namespace honeyswitch::agent
