// The session flows of the switch: records of SessionTable, and the marks of their destinations.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "control/controller/flow_table.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

/// Control thread.
class SessionFlows final : public FlowTable, public SessionAccounts {
  public:
    explicit SessionFlows(dataplane::DataPlane& plane) : plane_(plane) {}

    // FlowTable
    [[nodiscard]] std::optional<FlowId> add_session(const SessionFlow& session, TimePoint now) override;
    [[nodiscard]] std::optional<FlowId> restore_session(const SessionRecord& session) override;
    [[nodiscard]] std::optional<FlowId> find_session(const SessionKey& key) const override {
        return flow_of(table().find(key));
    }
    [[nodiscard]] std::optional<FlowId> find_session(const PacketIn& packet) const override {
        return flow_of(table().find(packet.key, packet.hash));
    }
    void end_session(FlowId flow) override { at(flow).ended.store(true, std::memory_order_release); }
    [[nodiscard]] bool ended(FlowId flow) const override {
        return at(flow).ended.load(std::memory_order_acquire);
    }
    void delete_sessions(std::span<const FlowId> flows) override;
    [[nodiscard]] std::optional<SessionStats> session(FlowId flow, TimePoint now) const override;
    [[nodiscard]] std::optional<SessionRecord> record(FlowId flow, TimePoint now) const override;
    [[nodiscard]] StepTimes step_times(FlowId flow, TimePoint now) const override;
    [[nodiscard]] std::uint32_t session_capacity() const override { return table().capacity(); }
    [[nodiscard]] std::uint32_t session_count() const override { return table().size(); }
    [[nodiscard]] std::uint64_t sessions_in(Ipv4Prefix domain) const override;
    void admit_by_handshake(bool handshake) override { plane_.modes().handshake = handshake; }

    // SessionAccounts
    [[nodiscard]] TimePoint last_seen(FlowId flow, TimePoint now) const override;
    [[nodiscard]] std::optional<SessionProgress> take_progress(FlowId flow) override;
    [[nodiscard]] std::size_t take_payloads(std::span<FlowId> flows) override;

    /// Running sessions of a honeypot, companions of fragments among them.
    [[nodiscard]] std::uint32_t sessions_of(HoneypotId honeypot) const {
        return honeypot_sessions_.at(std::to_underlying(honeypot));
    }
    /// Lets the running sessions of `from` go to another honeypot of `pool`: of those in `count` places of
    /// the table from `first` on. Where there is none they stay.
    void move_sessions(HoneypotId from, std::uint32_t first, std::uint32_t count, PoolId pool);

  private:
    [[nodiscard]] static std::optional<FlowId> flow_of(std::optional<dataplane::SessionTable::Index> index) {
        return index ? std::optional(FlowId{*index}) : std::nullopt;
    }
    [[nodiscard]] dataplane::SessionTable& table() const { return plane_.sessions(); }
    [[nodiscard]] dataplane::Session& at(FlowId flow) const { return table().at(std::to_underlying(flow)); }
    template <typename Insert>
    [[nodiscard]] std::optional<FlowId> insert(Ipv4Address destination, HoneypotId honeypot, Insert insert);
    void rehome(dataplane::Session& session, dataplane::HoneypotIndex honeypot);

    dataplane::DataPlane& plane_;
    std::array<std::uint32_t, 256> honeypot_sessions_{};  ///< by HoneypotId
};

}  // namespace honeyswitch::control
