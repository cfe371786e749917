#include "control/dpdk/pool_placement.hpp"

#include "control/dpdk/prefix_of.hpp"

namespace honeyswitch::control {

std::optional<HoneypotId> PoolPlacement::choose(PoolId pool, const SessionKey& key) const {
    const auto honeypot = plane_.pools().choose(std::to_underlying(pool), key);
    return honeypot == dataplane::no_honeypot ? std::nullopt : std::optional(HoneypotId{honeypot});
}

bool PoolPlacement::move_source(Ipv4Address source, PoolId from, PoolId to) {
    const dataplane::Prefix prefix = prefix_of(Ipv4Prefix::of(source, 32));
    const auto listing = plane_.sources().at(prefix);
    return plane_.sources().set(prefix, listing.moved(std::to_underlying(from), std::to_underlying(to)));
}

void PoolPlacement::move_back(Ipv4Address source) {
    const dataplane::Prefix prefix = prefix_of(Ipv4Prefix::of(source, 32));
    (void)plane_.sources().set(prefix, plane_.sources().at(prefix).not_moved());  // what is there has room
}

}  // namespace honeyswitch::control
