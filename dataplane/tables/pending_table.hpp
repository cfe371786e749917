// Flows that were diverted without a session: what is needed to let the honeypot's answer out, and to begin
// the session with the packet that follows it.
//
// Bounded and lossy (flow_cache.hpp): a flow that is forgotten before the honeypot has answered stays
// unanswered, and its next packet is its first again. Written by workers.
//
// It cannot say what it holds, and nothing is lost by that: a flow is known by a hash whose secret ends with
// the process, for a minute at most, and heals by itself.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "dataplane/tables/flow_cache.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/path_table.hpp"

namespace honeyswitch::dataplane {

struct PendingFlow {
    HoneypotIndex honeypot;
    bool answered;      ///< the honeypot has let a packet out
    std::uint8_t path;  ///< PendingTable::path
};

class PendingTable {
  public:
    /// A connection request is repeated for about a minute (RFC 6298 with five retransmissions).
    static constexpr std::uint32_t lifetime_ms = 64'000;

    [[nodiscard]] static std::expected<std::unique_ptr<PendingTable>, Error> create(std::uint32_t capacity) {
        auto flows = FlowCache::create("pending flows", capacity, lifetime_ms);
        if (!flows) return std::unexpected(flows.error());
        return std::unique_ptr<PendingTable>(new PendingTable(std::move(*flows)));
    }

    // Any worker. `hash`: SessionHash::wide of the flow's key. `now`: milliseconds of the switch's clock.

    [[nodiscard]] std::optional<PendingFlow> find(std::uint64_t hash, std::uint32_t now) const {
        const auto value = flows_.find(hash, now);
        return value ? std::optional(unpacked(*value)) : std::nullopt;
    }
    void prefetch(std::uint64_t hash) const { flows_.prefetch(hash); }

    struct Diverted {
        HoneypotIndex honeypot;  ///< that the packet goes to
        bool is_new;             ///< the flow is
    };
    /// A packet of the flow, from `frame`, goes to a honeypot: the one that the flow has begun with, if
    /// `in_service` says so of it, or else the one that was chosen. `tag_count` VLAN tags are in it, and it
    /// came by this link; one that came by no_link leaves a flow its way back. `latest`: as in
    /// PathTable::number.
    template <typename InService>
    Diverted diverted(std::uint64_t hash, HoneypotIndex chosen, const std::uint8_t* frame,
                      std::uint8_t tag_count, std::uint8_t link, PathNumber& latest, std::uint32_t now,
                      InService in_service) {
        const auto path = static_cast<std::uint8_t>(paths_.number(frame, tag_count, link, latest));
        const bool known = flows_.note(hash, now, [&](std::optional<std::uint32_t> old) {
            if (!old) return packed({chosen, false, path});
            const PendingFlow before = unpacked(*old);
            if (in_service(before.honeypot)) chosen = before.honeypot;
            return packed({chosen, before.answered, link == no_link ? before.path : path});
        });
        return {chosen, !known};
    }
    /// The honeypot's answer was let out.
    void answered(std::uint64_t hash, PendingFlow flow, std::uint32_t now) {
        flow.answered = true;
        flows_.note(hash, now, [&](std::optional<std::uint32_t>) { return packed(flow); });
    }
    [[nodiscard]] L2Path path(std::uint8_t number) const { return paths_.path(number); }
    /// Control thread, in each of its turns.
    void forget_old(std::uint64_t now_ms) { flows_.forget_old(now_ms); }

  private:
    explicit PendingTable(FlowCache flows) : flows_(std::move(flows)) {}

    static std::uint32_t packed(PendingFlow flow) {
        return std::uint32_t{flow.path} << 9 | std::uint32_t{flow.honeypot} << 1 |
               std::uint32_t{flow.answered};
    }
    static PendingFlow unpacked(std::uint32_t value) {
        return {static_cast<HoneypotIndex>(value >> 1), (value & 1U) != 0,
                static_cast<std::uint8_t>(value >> 9)};
    }
    FlowCache flows_;
    PathTable<256> paths_;
};

}  // namespace honeyswitch::dataplane
