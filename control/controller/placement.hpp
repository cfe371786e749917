// Which honeypot a session goes to, and which addresses none of them may speak to. Control thread.
#pragma once

#include <optional>

#include "base/address.hpp"
#include "control/controller/switch_ids.hpp"
#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::control {

using dataplane::SessionKey;

class Placement {
  public:
    virtual ~Placement() = default;

    /// The honeypot of this pool that the packet's addresses choose. nullopt: none is up.
    [[nodiscard]] virtual std::optional<HoneypotId> choose(PoolId pool, const SessionKey& key) const = 0;
    /// What becomes of packets while none of the pool is up: they are dropped, or go inside.
    [[nodiscard]] virtual bool drops(PoolId pool) const = 0;
    [[nodiscard]] virtual bool on_campus(Ipv4Address address) const = 0;

    /// Packets of this source that would go to a honeypot of pool `from` go to one of `to`, before they have
    /// a session too. False: the table is full, and only sessions go there.
    [[nodiscard]] virtual bool move_source(Ipv4Address source, PoolId from, PoolId to) = 0;
    virtual void move_back(Ipv4Address source) = 0;

  protected:
    Placement() = default;
    Placement(const Placement&) = default;
    Placement& operator=(const Placement&) = default;
};

}  // namespace honeyswitch::control
