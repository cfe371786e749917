// The data plane as a whole: ports, tables, workers, and what ties them. Composed and taken down on the main
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "dataplane/address_table.hpp"
#include "dataplane/honeypot_table.hpp"
#include "dataplane/port.hpp"
#include "dataplane/quiescence.hpp"
#include "dataplane/session_table.hpp"
#include "dataplane/side.hpp"
#include "dataplane/switch_clock.hpp"
#include "dataplane/worker.hpp"

namespace honeyswitch::dataplane {

struct DataPlaneConfig {
    std::uint16_t workers = 1;
    std::uint32_t sessions = 0;
    AddressTable::Capacity addresses{};
    std::uint32_t ring_size = 0;  ///< of each punt and each egress ring, in packets (queue_sizes.hpp)
    std::uint32_t idle_sleep_us = 0;
    std::uint32_t heartbeat_timeout_ms = 1000;
    bool open_containment = false;
};

class DataPlane {
  public:
    /// `ports` in the order of Side. The workers do not run yet.
    [[nodiscard]] static std::expected<std::unique_ptr<DataPlane>, Error> create(
        const DataPlaneConfig& config, std::array<Port, side_count> ports, const SwitchClock& clock);
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
    [[nodiscard]] ArpSender& arp_sender() { return arp_sender_; }
    [[nodiscard]] Quiescence& quiescence() { return quiescence_; }
    [[nodiscard]] Heartbeat& heartbeat() { return heartbeat_; }
    [[nodiscard]] const SwitchClock& clock() const { return clock_; }
    [[nodiscard]] const Port& port(Side side) const { return ports_[static_cast<std::size_t>(side)]; }
    [[nodiscard]] std::vector<std::unique_ptr<Worker>>& workers() { return workers_; }
    /// The sum over all workers.
    [[nodiscard]] std::uint64_t counted(Counter counter) const;

    /// Bytes of memory that tables of this size take, buffers not included.
    [[nodiscard]] static std::uint64_t memory_needed(const DataPlaneConfig& config);

  private:
    DataPlane(std::array<Port, side_count> ports, const SwitchClock& clock, Quiescence quiescence)
        : ports_(std::move(ports)), clock_(clock), quiescence_(std::move(quiescence)) {}
    [[nodiscard]] std::expected<void, Error> allocate(const DataPlaneConfig& config);
    [[nodiscard]] std::expected<void, Error> add_worker(const DataPlaneConfig& config, std::uint16_t index);

    std::array<Port, side_count> ports_;
    SwitchClock clock_;
    Quiescence quiescence_;
    Heartbeat heartbeat_;
    HoneypotTable honeypots_;
    ArpSender arp_sender_;
    std::unique_ptr<AddressTable> addresses_;
    std::unique_ptr<SessionTable> sessions_;
    std::vector<std::unique_ptr<Worker>> workers_;
    bool running_ = false;
};

}  // namespace honeyswitch::dataplane
