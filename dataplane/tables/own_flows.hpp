// Flows of hosts inside whose traffic from outside some rule or list diverts: replies to what such a host has
// sent must still reach it. Written by workers, before the host's packet leaves.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>

#include "dataplane/tables/flow_cache.hpp"

namespace honeyswitch::dataplane {

class OwnFlows {
  public:
    static constexpr std::uint32_t capacity = 131'072;
    /// RFC 4787, REQ-5: a UDP mapping is kept for two minutes at least.
    static constexpr std::uint32_t lifetime_ms = 120'000;

    [[nodiscard]] static std::expected<std::unique_ptr<OwnFlows>, Error> create() {
        auto flows = FlowCache::create("own flows", capacity, lifetime_ms);
        if (!flows) return std::unexpected(flows.error());
        return std::unique_ptr<OwnFlows>(new OwnFlows(std::move(*flows)));
    }

    // `hash`: SessionHash::wide of the flow's key, which is written from the outside's point of view as ever.

    /// A packet of this flow came from inside.
    void sent(std::uint64_t hash, std::uint32_t now) {
        flows_.note(hash, now, [](auto) { return 0U; });
    }
    void prefetch(std::uint64_t hash) const { flows_.prefetch(hash); }
    [[nodiscard]] bool has(std::uint64_t hash, std::uint32_t now) const {
        return flows_.find(hash, now).has_value();
    }
    /// Control thread, in each of its turns.
    void forget_old(std::uint64_t now_ms) { flows_.forget_old(now_ms); }

  private:
    explicit OwnFlows(FlowCache flows) : flows_(std::move(flows)) {}
    FlowCache flows_;
};

}  // namespace honeyswitch::dataplane
