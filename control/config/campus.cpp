#include "control/config/campus.hpp"

#include <algorithm>
#include <iterator>

namespace honeyswitch::control {

std::vector<Ipv4Prefix> possible_domains(const Config& config) {
    auto domains = config.dark;
    for (const auto& agent : config.agents) std::ranges::copy(agent.grants, std::back_inserter(domains));
    return domains;
}

std::vector<Ipv4Prefix> campus_of(const Config& config) {
    auto campus = possible_domains(config);
    std::ranges::copy(config.static_active, std::back_inserter(campus));
    std::ranges::copy(config.campus, std::back_inserter(campus));
    return campus;
}

}  // namespace honeyswitch::control
