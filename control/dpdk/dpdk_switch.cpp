#include "control/dpdk/dpdk_switch.hpp"

#include <algorithm>

namespace honeyswitch::control {

void DpdkSwitch::set_policy(std::unique_ptr<const dataplane::Policy> policy) {
    auto old = plane_.policy().swap(std::move(policy));
    retired_policies_.push_back({std::move(old), barrier_request()});
}

void DpdkSwitch::reclaim() {
    plane_.sessions().reclaim();
    plane_.addresses().reclaim();
    std::erase_if(retired_policies_,
                  [&](const RetiredPolicy& retired) { return barrier_reached(retired.barrier); });
}

}  // namespace honeyswitch::control
