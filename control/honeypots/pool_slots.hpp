// A pool of honeypots as a table of slots: a packet's hash names a slot, the slot names the honeypot.
//
// Each slot goes to the member of the greatest score: rendezvous hashing (Thaler and Ravishankar, "Using
// name-based mappings to increase hit rates", IEEE/ACM Transactions on Networking 6(1), 1998), weighted by
// -w / ln(h) (Schindelhauer and Schomaker, "Weighted distributed hash tables", SPAA 2005). A member's score
// knows nothing of the others, so a member that leaves gives away its own slots alone, and one that comes
// takes its share and moves nothing between the others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "dataplane/tables/pool_table.hpp"

namespace honeyswitch::control {

using dataplane::no_honeypot;  ///< in a slot: no honeypot is up
inline constexpr std::size_t pool_slot_count = dataplane::PoolTable::slot_count;

struct PoolMember {
    std::uint8_t honeypot = no_honeypot;  ///< its number, below `no_honeypot`
    std::string_view name;                ///< alone decides, with the weight, which slots it gets
    unsigned weight = 1;                  ///< at least 1
};

/// Spreads the slots over the members that are up, by their weights. The result depends on names and weights
/// alone: neither on the order of the members nor on their numbers, so that it survives a restart and a
/// reload. Without members every slot is `no_honeypot`. Precondition: the names differ.
void assign_slots(std::span<const PoolMember> members_up, std::span<std::uint8_t, pool_slot_count> slots);

}  // namespace honeyswitch::control
