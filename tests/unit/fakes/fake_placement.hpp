// Pools without a data plane.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "control/controller/placement.hpp"

namespace honeyswitch::control {

class FakePlacement : public Placement {
  public:
    std::optional<HoneypotId> choose(PoolId pool, const SessionKey&) const override {
        const auto place = pools.find(pool);
        return place == pools.end() ? std::nullopt : place->second;
    }
    bool drops(PoolId pool) const override { return dropping.contains(pool); }
    bool on_campus(Ipv4Address address) const override { return campus.contains(address); }
    bool move_source(Ipv4Address source, PoolId from, PoolId to) override {
        moved[source] = {from, to};
        return true;
    }
    void move_back(Ipv4Address source) override { moved.erase(source); }

    std::map<PoolId, std::optional<HoneypotId>> pools{{PoolId{0}, HoneypotId{0}}};
    std::set<PoolId> dropping;
    Ipv4Prefix campus = Ipv4Prefix::of({0x0a000000}, 8);
    std::map<Ipv4Address, std::pair<PoolId, PoolId>> moved;
};

}  // namespace honeyswitch::control
