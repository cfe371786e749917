// Where sessions go: slots of PoolTable, sources that SourceTable moves, and the campus of the policy.
#pragma once

#include <optional>
#include <utility>

#include "control/controller/placement.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Control thread.
class PoolPlacement final : public Placement {
  public:
    explicit PoolPlacement(dataplane::DataPlane& plane) : plane_(plane) {}

    [[nodiscard]] std::optional<HoneypotId> choose(PoolId pool, const SessionKey& key) const override;
    [[nodiscard]] bool drops(PoolId pool) const override {
        return plane_.pools().drops(std::to_underlying(pool));
    }
    [[nodiscard]] bool on_campus(Ipv4Address address) const override {
        return plane_.classifier().get().on_campus(address.value);
    }
    [[nodiscard]] bool move_source(Ipv4Address source, PoolId from, PoolId to) override;
    void move_back(Ipv4Address source) override;

  private:
    dataplane::DataPlane& plane_;
};

}  // namespace honeyswitch::control
