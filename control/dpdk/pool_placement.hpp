// Where sessions go: slots of PoolTable, sources that ListedTable moves, and the campus of the policy.
#pragma once

#include <functional>
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
        return plane_.policy().get().on_campus(address.value);
    }
    [[nodiscard]] bool move_source(Ipv4Address source, PoolId from, PoolId to) override;
    void move_back(Ipv4Address source) override;

    /// Told of each source that goes to another pool. For the log alone.
    using MoveWitness = std::function<void(Ipv4Address, PoolId from, PoolId to)>;
    void set_move_witness(MoveWitness witness) { move_witness_ = std::move(witness); }

  private:
    dataplane::DataPlane& plane_;
    MoveWitness move_witness_ = [](Ipv4Address, PoolId, PoolId) {};
};

}  // namespace honeyswitch::control
