#include "control/compose/shown_part.hpp"

#include "control/compose/ports_part.hpp"

namespace honeyswitch::control {
namespace {

Stats stats_of(const Config& config) {
    Stats stats;
    stats.sighting_capacity = config.sighting_capacity;
    stats.containment = config.containment;
    stats.admission = config.admission;
    stats.pending_capacity = config.pending_capacity;
    stats.source_capacity = config.source_capacity;
    stats.reputation_capacity = config.reputation_capacity;
    return stats;
}

HoneypotRow row_of(const Honeypot& honeypot, const Config& config) {
    return {.name = honeypot.name,
            .mac = honeypot.mac,
            .pool = config.pools.at(honeypot.pool).name,
            .port = config.honeypot_ports.at(honeypot.port).text,
            .vlan = honeypot.vlan,
            .weight = honeypot.weight};
}

RuleRow row_of(const Rule& rule, const Config& config) {
    RuleRow row{.name = rule.name, .action = rule.action};
    if (rule.pool) row.pool = config.pools.at(*rule.pool).name;
    return row;
}

PoolRow row_of(const Pool& pool) {
    return {.name = pool.name, .affinity = pool.affinity};
}

ListRow row_of(const SourceList& list) {
    return {.name = list.name, .kind = list.kind, .file = list.file.string()};
}

}  // namespace

ShownConfig shown_config(const Config& config, const Numbers& numbers) {
    ShownConfig shown;
    shown.stats = stats_of(config);
    shown.idle_timeout = config.idle_timeout;
    for (const auto& name : port_names(config)) {
        shown.ports.emplace_back();
        shown.ports.back().name = name.side;
        shown.ports.back().link = name.link;
        shown.ports.back().device = name.device;
    }
    for (std::size_t i = 0; i < config.honeypots.size(); ++i)
        shown.honeypots.push_back({numbers.honeypots.at(i), row_of(config.honeypots[i], config)});
    for (std::size_t i = 0; i < config.pools.size(); ++i)
        shown.pools.push_back({numbers.pools.at(i), row_of(config.pools[i])});
    for (std::size_t i = 0; i < config.lists.size(); ++i)
        shown.lists.push_back({numbers.lists.at(i), row_of(config.lists[i])});
    for (const Rule& rule : config.rules) shown.rules.push_back(row_of(rule, config));
    return shown;
}

}  // namespace honeyswitch::control
