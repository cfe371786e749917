#include "dataplane/data_plane.hpp"

#include <rte_launch.h>
#include <rte_lcore.h>

namespace honeyswitch::dataplane {

std::expected<std::unique_ptr<DataPlane>, Error> DataPlane::create(const DataPlaneConfig& config,
                                                                   std::array<Port, side_count> ports,
                                                                   const SwitchClock& clock) {
    auto quiescence = Quiescence::create(config.workers);
    if (!quiescence) return std::unexpected(quiescence.error());
    std::unique_ptr<DataPlane> plane(new DataPlane(std::move(ports), clock, std::move(*quiescence)));
    if (auto done = plane->allocate(config); !done) return std::unexpected(done.error());
    return plane;
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
    for (std::uint16_t i = 0; i < config.workers; ++i)
        if (auto added = add_worker(config, i); !added) return added;
    return {};
}

std::expected<void, Error> DataPlane::add_worker(const DataPlaneConfig& config, std::uint16_t index) {
    auto punt = MbufRing::create("punt" + std::to_string(index), config.ring_size);
    if (!punt) return std::unexpected(punt.error());
    auto egress = MbufRing::create("egress" + std::to_string(index), config.ring_size);
    if (!egress) return std::unexpected(egress.error());
    const WorkerConfig worker{.index = index,
                              .idle_sleep_us = config.idle_sleep_us,
                              .heartbeat_timeout_ms = config.heartbeat_timeout_ms,
                              .pipeline = {.honeypot_port_mac = port(Side::honeypot).mac(),
                                           .open_containment = config.open_containment}};
    const Tables tables{*addresses_, *sessions_, honeypots_, arp_sender_};
    workers_.push_back(std::make_unique<Worker>(
        worker, std::array<const Port*, side_count>{&ports_[0], &ports_[1], &ports_[2]}, tables, quiescence_,
        heartbeat_, clock_, std::move(*punt), std::move(*egress)));
    return {};
}

std::expected<void, Error> DataPlane::start() {
    heartbeat_.beat(static_cast<std::uint32_t>(clock_.now_ms()));
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

std::uint64_t DataPlane::counted(Counter counter) const {
    std::uint64_t sum = 0;
    for (const auto& worker : workers_) sum += worker->counters().value(counter);
    return sum;
}

std::uint64_t DataPlane::memory_needed(const DataPlaneConfig& config) {
    constexpr std::uint64_t lpm_tbl24 = std::uint64_t{4} << 24;
    constexpr std::uint64_t lpm_tbl8 = std::uint64_t{4} * 256;
    const auto sessions =
        static_cast<std::uint64_t>(SessionTable::bytes_per_session(config.sessions) * config.sessions);
    return sessions + lpm_tbl24 + (lpm_tbl8 + 64) * config.addresses.domains + config.addresses.addresses +
           std::uint64_t{config.workers} * config.ring_size * 2 * sizeof(void*);
}

}  // namespace honeyswitch::dataplane
