#include "control/compose/controller_part.hpp"

#include <algorithm>
#include <iterator>

namespace honeyswitch::control {
namespace {

std::vector<Ipv4Prefix> grants_of(const Config& config) {
    std::vector<Ipv4Prefix> grants;
    for (const Agent& agent : config.agents) std::ranges::copy(agent.grants, std::back_inserter(grants));
    return grants;
}

std::vector<Tier> tiers_of(const Config& config, const Numbers& numbers) {
    auto tiers = config.tiers;
    for (Tier& tier : tiers) {
        tier.from = numbers.pools.at(tier.from);
        tier.to = numbers.pools.at(tier.to);
    }
    return tiers;
}

}  // namespace

ControllerConfig controller_config(const Config& config, const Numbers& numbers) {
    const auto share = [&](unsigned percent) {
        return static_cast<std::uint32_t>(std::uint64_t{config.session_capacity} * percent / 100);
    };
    return {.idle_timeout = config.idle_timeout,
            .sighting_lifetime = config.sighting_lifetime,
            .voucher_lifetime = config.sighting_lifetime,
            .static_active = config.static_active,
            .dark = config.dark,
            .grants = grants_of(config),
            .admission = {config.admission, share(config.high_water), share(config.low_water)},
            .honeypot_flows = {config.containment_allow, config.containment_rate},
            .tiers = tiers_of(config, numbers),
            .reputation_capacity = config.reputation_capacity};
}

}  // namespace honeyswitch::control
