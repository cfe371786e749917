#include "control/dpdk/dpdk_switch.hpp"

#include <algorithm>

namespace honeyswitch::control {

void DpdkSwitch::set_classifier(std::unique_ptr<const dataplane::Classifier> classifier) {
    auto old = plane_.classifier().swap(std::move(classifier));
    retired_classifiers_.push_back({std::move(old), barrier_request()});
}

void DpdkSwitch::reclaim() {
    plane_.sessions().reclaim();
    plane_.addresses().reclaim();
    std::erase_if(retired_classifiers_,
                  [&](const RetiredClassifier& retired) { return barrier_reached(retired.barrier); });
}

}  // namespace honeyswitch::control
