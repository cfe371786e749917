// The data plane as a whole: ports, tables, workers, and what ties them. Composed and taken down on the main
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <utility>
#include <vector>

#include "dataplane/eal/port.hpp"
#include "dataplane/eal/quiescence.hpp"
#include "dataplane/eal/side.hpp"
#include "dataplane/eal/switch_clock.hpp"
#include "dataplane/stages/worker.hpp"
#include "dataplane/tables/address_table.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/session_table.hpp"

namespace honeyswitch::dataplane {

struct DataPlaneConfig {
    std::uint16_t workers = 1;
    PortLayout layout{};  ///< of the ports
    std::uint32_t sessions = 0;
    AddressTable::Capacity addresses{};
    std::uint32_t ring_size = 0;  ///< packets of each Packet-In and Packet-Out ring (queue_sizes.hpp)
    std::uint32_t idle_sleep_us = 0;
    std::uint32_t heartbeat_timeout_ms = 1000;
    std::uint32_t pending = 0;  ///< flows diverted without a session
    std::uint32_t sources = 0;  ///< prefixes of sources
    Be32 probe_source{};        ///< where the controller's probes of honeypots come from
};

class DataPlane {
  public:
    /// `ports` by PortIndex. The workers do not run yet.
    [[nodiscard]] static std::expected<std::unique_ptr<DataPlane>, Error> create(
        const DataPlaneConfig& config, std::vector<Port> ports, const SwitchClock& clock);
    ~DataPlane();
    DataPlane(const DataPlane&) = delete;
    DataPlane& operator=(const DataPlane&) = delete;

    /// Starts every worker on an lcore of its own. Error: EAL has fewer worker lcores than workers.
    [[nodiscard]] std::expected<void, Error> start();
    /// Stops the workers and waits for them.
    void stop();

    [[nodiscard]] AddressTable& addresses() { return *addresses_; }
    [[nodiscard]] SessionTable& sessions() { return *sessions_; }
    [[nodiscard]] HoneypotTable& honeypots() { return honeypots_; }
    [[nodiscard]] const HoneypotTable& honeypots() const { return honeypots_; }
    [[nodiscard]] PoolTable& pools() { return pools_; }
    [[nodiscard]] PendingTable& pending() { return *pending_; }
    [[nodiscard]] const OwnFlows& own_flows() const { return *own_flows_; }
    /// Control thread, in each of its turns: what is too old leaves the tables of flows without a session.
    void forget_old_flows(std::uint64_t now_ms) {
        pending_->forget_old(now_ms);
        own_flows_->forget_old(now_ms);
    }
    [[nodiscard]] SourceTable& sources() { return *sources_; }
    [[nodiscard]] const SourceTable& sources() const { return *sources_; }
    [[nodiscard]] CurrentClassifier& classifier() { return classifier_; }
    [[nodiscard]] const CurrentClassifier& classifier() const { return classifier_; }
    [[nodiscard]] Modes& modes() { return modes_; }
    [[nodiscard]] const Modes& modes() const { return modes_; }
    [[nodiscard]] Quiescence& quiescence() { return quiescence_; }
    [[nodiscard]] Heartbeat& heartbeat() { return heartbeat_; }
    [[nodiscard]] const SwitchClock& clock() const { return clock_; }
    [[nodiscard]] std::span<const Port> ports() const { return ports_; }
    [[nodiscard]] PortLayout layout() const { return layout_; }
    /// Which port DPDK calls `id`. Precondition: it is one of them.
    [[nodiscard]] PortIndex index_of(std::uint16_t id) const { return indices_.at(id); }
    [[nodiscard]] std::vector<std::unique_ptr<Worker>>& workers() { return workers_; }
    /// The sum over all workers.
    [[nodiscard]] std::uint64_t counted(Counter counter) const;
    /// Frames dropped because the transmit queue of this port stayed full.
    [[nodiscard]] std::uint64_t dropped_at(PortIndex port) const;
    /// What the port has counted and lost, together with what workers have seen of it. Control thread.
    [[nodiscard]] PortStatistics statistics(PortIndex port) const;
    [[nodiscard]] const std::vector<std::unique_ptr<Worker>>& workers() const { return workers_; }

    /// Control thread: the device of this port is gone, or somebody else is to have it. The others go on;
    /// what is sent to this one is lost and counted. Once for each port.
    void give_up(PortIndex port);
    /// Control thread, in each of its turns: lets those devices go that no worker uses any more.
    void let_go();

    /// Bytes of memory that tables of this size take, buffers not included.
    [[nodiscard]] static std::uint64_t memory_needed(const DataPlaneConfig& config);

  private:
    DataPlane(PortLayout layout, std::vector<Port> ports, const SwitchClock& clock, Quiescence quiescence);
    [[nodiscard]] std::expected<void, Error> allocate(const DataPlaneConfig& config);
    [[nodiscard]] std::expected<void, Error> add_worker(const DataPlaneConfig& config, std::uint16_t index);

    PortLayout layout_;
    std::vector<Port> ports_;
    std::array<PortIndex, RTE_MAX_ETHPORTS> indices_{};  ///< by DPDK's number
    SwitchClock clock_;
    Quiescence quiescence_;
    Heartbeat heartbeat_;
    HoneypotTable honeypots_;
    PoolTable pools_;
    CurrentClassifier classifier_;
    Modes modes_;
    std::unique_ptr<AddressTable> addresses_;
    std::unique_ptr<SessionTable> sessions_;
    std::unique_ptr<PendingTable> pending_;
    std::unique_ptr<OwnFlows> own_flows_;
    std::unique_ptr<SourceTable> sources_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::deque<std::pair<PortIndex, Quiescence::Barrier>> given_up_;  ///< in order of their tokens
    bool running_ = false;
};

}  // namespace honeyswitch::dataplane
