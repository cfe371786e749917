#include "control/process/port_keeper.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <sys/eventfd.h>

namespace honeyswitch::control {

PortKeeper::PortKeeper(std::span<const dataplane::Port> ports)
    : wanted_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
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

void PortKeeper::want_link(const std::string& interface, bool up) {
    {
        const std::lock_guard lock(mutex_);
        links_.emplace_back(interface, up);
    }
    (void)eventfd_write(wanted_.get(), 1);
}

void PortKeeper::make_links() {
    const std::lock_guard one_by_one(making_);
    eventfd_t seen = 0;
    (void)eventfd_read(wanted_.get(), &seen);
    std::vector<std::pair<std::string, bool>> links;
    {
        const std::lock_guard lock(mutex_);
        links.swap(links_);
    }
    for (const auto& [name, up] : links) {
        const auto interface = dataplane::KernelInterface::open(name);
        const auto made = interface ? interface->set_up(up) : std::unexpected(interface.error());
        if (made) continue;
        const std::lock_guard lock(mutex_);
        told_.push_back("link_state: " + made.error().message());
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
