#include "dataplane/stages/rewrite.hpp"

#include "base/headers.hpp"

namespace honeyswitch::dataplane {

void strip_tags(rte_mbuf* packet, unsigned tags) {
    std::uint8_t* const frame = bytes_of(packet);
    const auto source = load<EtherAddress>(frame + sizeof(EtherAddress));
    store(frame + sizeof(EtherAddress) + tags * sizeof(VlanTag), source);
    rte_pktmbuf_adj(packet, static_cast<std::uint16_t>(tags * sizeof(VlanTag)));
}

bool insert_tag(rte_mbuf* packet, std::uint16_t vlan) {
    if (rte_pktmbuf_prepend(packet, sizeof(VlanTag)) == nullptr) return false;
    std::uint8_t* const frame = bytes_of(packet);
    const auto addresses = load<std::array<std::uint8_t, ether_addresses_size>>(frame + sizeof(VlanTag));
    store(frame, addresses);
    store(frame + ether_addresses_size, VlanTag{ether_type::vlan, Be16::from_host(vlan)});
    return true;
}

bool address_back(rte_mbuf* packet, unsigned tags, const L2Path& path) {
    if (path.tag_count > tags) {
        const auto missing = static_cast<std::uint16_t>((path.tag_count - tags) * sizeof(VlanTag));
        if (rte_pktmbuf_prepend(packet, missing) == nullptr) return false;
    } else if (tags > path.tag_count) {
        rte_pktmbuf_adj(packet, static_cast<std::uint16_t>((tags - path.tag_count) * sizeof(VlanTag)));
    }
    std::uint8_t* const frame = bytes_of(packet);
    store(frame, path.source);
    store(frame + sizeof(EtherAddress), path.destination);
    for (unsigned i = 0; i < path.tag_count; ++i)
        store(frame + ether_addresses_size + i * sizeof(VlanTag), path.tags.at(i));
    return true;
}

}  // namespace honeyswitch::dataplane
