#include "control/process/port_keeper.hpp"

#include <chrono>
#include <utility>

namespace honeyswitch::control {

PortKeeper::PortKeeper(std::span<const dataplane::Port> ports) {
    for (const dataplane::Port& port : ports) {
        if (port.interface().empty()) continue;
        auto interface = dataplane::KernelInterface::open(port.interface());
        if (!interface) continue;  // gone since it was started, which its link shows
        const bool xdp = port.driver() == "net_af_xdp";
        settings_.emplace_back(std::move(*interface), xdp ? dataplane::needs_of_xdp(port.rx_queues())
                                                          : dataplane::needs_of_packet());
        settings_.back().remember();
    }
    if (!settings_.empty()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void PortKeeper::run(const std::stop_token& stop) {
    constexpr std::chrono::seconds interval{1};
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
        stopped_.wait_for(lock, stop, interval, [] { return false; });
        for (dataplane::KernelSettings& settings : settings_) {
            lock.unlock();
            auto told = settings.keep();
            lock.lock();
            changes_.fetch_add(told.size(), std::memory_order_relaxed);
            for (std::string& sentence : told) told_.push_back(std::move(sentence));
        }
    }
}

std::vector<std::string> PortKeeper::take() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock ? std::exchange(told_, {}) : std::vector<std::string>{};
}

}  // namespace honeyswitch::control
