#include "control/process/port_keeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace honeyswitch::control {

PortKeeper::PortKeeper(std::span<const dataplane::Port> ports) {
    for (const dataplane::Port& port : ports) {
        if (port.interface().empty()) continue;
        auto interface = dataplane::KernelInterface::open(port.interface());
        if (!interface) continue;  // gone since it was started, which its link shows
        const bool xdp = port.driver() == "net_af_xdp";
        settings_.emplace_back(std::move(*interface),
                               xdp ? dataplane::needs_of_xdp(port.rx_queues(), port.asked())
                                   : dataplane::needs_of_packet(port.asked()));
        settings_.back().remember();
    }
}

void PortKeeper::look() {
    for (dataplane::KernelSettings& settings : settings_) {
        auto told = settings.keep();
        if (told.empty()) continue;
        changes_.fetch_add(told.size(), std::memory_order_relaxed);
        const std::lock_guard lock(mutex_);
        std::ranges::move(told, std::back_inserter(told_));
    }
}

std::vector<std::string> PortKeeper::take() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    return lock ? std::exchange(told_, {}) : std::vector<std::string>{};
}

}  // namespace honeyswitch::control
