// The way back: what the Ethernet header of a session's latest packet from the outside looked like, and which
// link it came by.
#pragma once

#include <array>
#include <cstdint>

#include "base/endian.hpp"

namespace honeyswitch {

using EtherAddress = std::array<std::uint8_t, 6>;  ///< in the order of transmission

/// An IEEE 802.1Q tag.
struct VlanTag {
    Be16 tpid;  ///< 0x8100, 0x88a8 or 0x9100
    Be16 tci;   ///< priority, drop eligible, VLAN identifier

    friend constexpr bool operator==(VlanTag, VlanTag) = default;
};
static_assert(sizeof(VlanTag) == 4);

inline constexpr unsigned max_vlan_tags = 2;  ///< 802.1ad: one service and one customer tag

/// In the place of a link's number: a frame that came by a mirror shows no way back.
inline constexpr std::uint8_t no_link = 255;

/// The MAC pair and the tags as they came from the outside, and the link that they came by. A reply carries
/// the pair swapped and the same tags, and leaves by that link.
struct L2Path {
    EtherAddress destination{};  ///< the campus router's
    EtherAddress source{};       ///< the upstream router's
    std::array<VlanTag, max_vlan_tags> tags{};
    std::uint8_t tag_count = 0;  ///< 0 to max_vlan_tags; unused tags are zero
    std::uint8_t link = 0;       ///< its number; no_link: a mirror, by which nothing leaves

    friend constexpr bool operator==(const L2Path&, const L2Path&) = default;
};

}  // namespace honeyswitch
