#include "control/compose/honeypots_part.hpp"

#include <algorithm>
#include <iterator>

#include "control/config/campus.hpp"

namespace honeyswitch::control {
namespace {

/// An address of the campus that nobody has and every honeypot answers for; 0.0.0.0 if nothing is diverted
/// anywhere.
Ipv4Address decoy_of(const Config& config) {
    auto prefixes = possible_domains(config);
    std::ranges::copy(config.campus, std::back_inserter(prefixes));
    // Nothing is known of the campus but what is diverted.
    for (const Rule& rule : config.rules)
        if (rule.action == Rule::Action::divert)
            std::ranges::copy(rule.destinations, std::back_inserter(prefixes));
    if (prefixes.empty()) return {};
    const Ipv4Prefix first = prefixes.front();
    return {first.network.value + (first.length < 31 ? 1 : 0)};
}

}  // namespace

HoneypotPlaneConfig honeypot_plane_config(const Config& config, const Numbers& numbers) {
    HoneypotPlaneConfig result{.honeypots = {},
                               .pools = {},
                               .health = {.decoy = decoy_of(config), .interval = config.health_interval},
                               .asks_nobody = config.diversion == DiversionMode::observe};
    for (std::size_t i = 0; i < config.pools.size(); ++i)
        result.pools.push_back({numbers.pools.at(i), config.pools[i]});
    for (std::size_t i = 0; i < config.honeypots.size(); ++i) {
        result.honeypots.push_back({numbers.honeypots.at(i), config.honeypots[i]});
        result.honeypots.back().record.pool = numbers.pools.at(config.honeypots[i].pool);
    }
    return result;
}

}  // namespace honeyswitch::control
