#include "control/dpdk/dpdk_switch.hpp"

#include <algorithm>

#include <rte_pause.h>

namespace honeyswitch::control {

void DpdkSwitch::set_policy(std::unique_ptr<const dataplane::Policy> policy) {
    auto old = plane_.policy().swap(std::move(policy));
    retired_policies_.push_back({std::move(old), barrier_request()});
}

void DpdkSwitch::wait_for_workers() {
    constexpr std::uint64_t patience_ms = 100;
    const Barrier barrier = barrier_request();
    for (const std::uint64_t began = plane_.clock().now_ms(); !barrier_reached(barrier);) {
        if (plane_.clock().now_ms() - began > patience_ms) return;
        rte_pause();
    }
}

void DpdkSwitch::reclaim() {
    plane_.sessions().reclaim();
    plane_.addresses().reclaim();
    std::erase_if(retired_policies_,
                  [&](const RetiredPolicy& retired) { return barrier_reached(retired.barrier); });
}

}  // namespace honeyswitch::control
