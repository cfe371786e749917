#include "dataplane/data_plane.hpp"

#include <rte_launch.h>
#include <rte_lcore.h>

#include "base/limits.hpp"
#include "dataplane/eal/memory.hpp"

namespace honeyswitch::dataplane {

// DPDK has lcores for all of them and the control thread.
static_assert(limits::workers < RTE_MAX_LCORE);

std::expected<std::unique_ptr<DataPlane>, Error> DataPlane::create(const DataPlaneConfig& config,
                                                                   std::vector<Port> ports,
                                                                   const SwitchClock& clock) {
    auto quiescence = Quiescence::create(config.workers);
    if (!quiescence) return std::unexpected(quiescence.error());
    std::unique_ptr<DataPlane> plane(
        new DataPlane(config.layout, std::move(ports), clock, std::move(*quiescence)));
    if (auto done = plane->allocate(config); !done) return std::unexpected(done.error());
    return plane;
}

DataPlane::DataPlane(PortLayout layout, std::vector<Port> ports, const SwitchClock& clock,
                     Quiescence quiescence)
    : layout_(layout), ports_(std::move(ports)), clock_(clock), quiescence_(std::move(quiescence)) {
    for (std::size_t i = 0; i < ports_.size(); ++i) indices_.at(ports_[i].id()) = static_cast<PortIndex>(i);
}

DataPlane::~DataPlane() {
    stop();
}

std::expected<void, Error> DataPlane::allocate(const DataPlaneConfig& config) {
    auto addresses = AddressTable::create(config.addresses, quiescence_);
    if (!addresses) return std::unexpected(addresses.error());
    addresses_ = std::move(*addresses);
    auto sessions = SessionTable::create(config.sessions, quiescence_);
    if (!sessions) return std::unexpected(sessions.error());
    sessions_ = std::move(*sessions);
    auto pending = PendingTable::create(config.pending);
    if (!pending) return std::unexpected(pending.error());
    pending_ = std::move(*pending);
    auto own_flows = OwnFlows::create();
    if (!own_flows) return std::unexpected(own_flows.error());
    own_flows_ = std::move(*own_flows);
    auto sources = SourceTable::create(config.sources, quiescence_);
    if (!sources) return std::unexpected(sources.error());
    sources_ = std::move(*sources);
    auto classifier = Classifier::build({}, config.workers);
    if (!classifier) return std::unexpected(classifier.error());
    (void)classifier_.swap(std::move(*classifier));  // there was none
    for (std::uint16_t i = 0; i < config.workers; ++i)
        if (auto added = add_worker(config, i); !added) return added;
    return {};
}

std::expected<void, Error> DataPlane::add_worker(const DataPlaneConfig& config, std::uint16_t index) {
    auto packet_ins = MbufRing::create("packet_in" + std::to_string(index), config.ring_size);
    if (!packet_ins) return std::unexpected(packet_ins.error());
    auto packet_outs = MbufRing::create("packet_out" + std::to_string(index), config.ring_size);
    if (!packet_outs) return std::unexpected(packet_outs.error());
    auto limiter = ReplyLimiter::create(config.workers);
    if (!limiter) return std::unexpected(limiter.error());
    std::unique_ptr<ProgressTally, FreeTally> tally(allocate_array<ProgressTally>("tally", 1));
    if (!tally) return std::unexpected(Error{"allocate", "a worker's tally", "out of memory"});

    WorkerConfig worker{.index = index,
                        .idle_sleep_us = config.idle_sleep_us,
                        .heartbeat_timeout_ms = config.heartbeat_timeout_ms,
                        .pipeline = {.worker = index,
                                     .layout = layout_,
                                     .honeypot_port_macs = {},
                                     .probe_source = config.probe_source}};
    for (std::size_t i = layout_.honeypot_port(0); i < ports_.size(); ++i)
        worker.pipeline.honeypot_port_macs.at(layout_.honeypot_number(static_cast<PortIndex>(i))) =
            ports_[i].mac();
    const Tables tables{*addresses_, *sessions_, honeypots_,  pools_, *pending_,
                        *own_flows_, *sources_,  classifier_, modes_};
    workers_.push_back(std::make_unique<Worker>(
        worker, Worker::Shared{ports_, tables, quiescence_, heartbeat_, clock_},
        Worker::Own{std::move(*packet_ins), std::move(*packet_outs), std::move(*limiter), std::move(tally)}));
    return {};
}

std::expected<void, Error> DataPlane::start() {
    heartbeat_.beat(clock_.now_ms());
    unsigned lcore = rte_get_next_lcore(-1, 1, 0);
    for (const auto& worker : workers_) {
        if (lcore >= RTE_MAX_LCORE)
            return std::unexpected(Error{"start", std::to_string(workers_.size()) + " workers",
                                         "there are only " + std::to_string(rte_lcore_count() - 1) +
                                             " lcores beside the control thread's"});
        running_ = true;
        const auto entry = [](void* argument) {
            static_cast<Worker*>(argument)->run();
            return 0;
        };
        if (const int code = rte_eal_remote_launch(entry, worker.get(), lcore); code != 0)
            return std::unexpected(
                Error{"launch a worker on", "lcore " + std::to_string(lcore), rte_strerror(-code)});
        lcore = rte_get_next_lcore(lcore, 1, 0);
    }
    return {};
}

void DataPlane::stop() {
    if (!running_) return;
    for (const auto& worker : workers_) worker->stop();
    rte_eal_mp_wait_lcore();
    running_ = false;
}

void DataPlane::give_up(PortIndex port) {
    ports_[port].stop_polling();
    for (const auto& worker : workers_) worker->give_up(port);
    given_up_.emplace_back(port, quiescence_.start());
}

void DataPlane::let_go() {
    for (; !given_up_.empty() && quiescence_.reached(given_up_.front().second); given_up_.pop_front())
        ports_[given_up_.front().first].let_go();
}

std::uint64_t DataPlane::counted(Counter counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counters().value(counter);
    return sum;
}

std::uint64_t DataPlane::dropped_at(PortIndex port) const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->dropped_at(port);
    return sum;
}

PortStatistics DataPlane::statistics(PortIndex port) const {
    auto counted = ports_[port].statistics();
    for (const auto& worker : workers_) counted.rx_too_long += worker->cut_at(port);
    return counted;
}

std::uint64_t DataPlane::memory_needed(const DataPlaneConfig& config) {
    const auto sessions =
        static_cast<std::uint64_t>(SessionTable::bytes_per_session(config.sessions) * config.sessions);
    return sessions + DomainMap::memory_needed(config.addresses.domains) + config.addresses.addresses +
           FlowCache::memory_needed(config.pending) + FlowCache::memory_needed(OwnFlows::capacity) +
           SourceTable::memory_needed(config.sources) +
           std::uint64_t{config.workers} *
               (config.ring_size * 2 * sizeof(void*) + sizeof(ProgressTally) + ReplyLimiter::memory_needed);
}

}  // namespace honeyswitch::dataplane
