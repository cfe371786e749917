#include "control/dpdk/data_plane_policy.hpp"

namespace honeyswitch::control {
namespace {

std::vector<dataplane::Prefix> prefixes(const std::vector<Ipv4Prefix>& list) {
    std::vector<dataplane::Prefix> result;
    result.reserve(list.size());
    for (const Ipv4Prefix prefix : list) result.push_back({prefix.network.value, prefix.length});
    return result;
}

std::vector<dataplane::PortInterval> intervals(const std::vector<PortRange>& ranges) {
    std::vector<dataplane::PortInterval> result;
    result.reserve(ranges.size());
    for (const PortRange range : ranges) result.push_back({range.first, range.last});
    return result;
}

dataplane::PolicyRule::Action action_of(Rule::Action action) {
    using Action = dataplane::PolicyRule::Action;
    switch (action) {
        case Rule::Action::inside:
            return Action::inside;
        case Rule::Action::drop:
            return Action::drop;
        case Rule::Action::divert:
            return Action::divert;
        case Rule::Action::pool:
            return Action::pool;
    }
    return Action::inside;
}

std::vector<Ipv4Prefix> campus_of(const Config& config) {
    std::vector<Ipv4Prefix> campus = config.campus;
    const auto add = [&](const std::vector<Ipv4Prefix>& more) {
        campus.insert(campus.end(), more.begin(), more.end());
    };
    add(config.dark);
    add(config.static_active);
    for (const Agent& agent : config.agents) add(agent.grants);
    return campus;
}

}  // namespace

dataplane::PolicyConfig policy_config(const Config& config) {
    dataplane::PolicyConfig result;
    result.rules.reserve(config.rules.size());
    for (const Rule& rule : config.rules)
        result.rules.push_back({.sources = prefixes(rule.sources),
                                .destinations = prefixes(rule.destinations),
                                .protocol = rule.protocol,
                                .ports = intervals(rule.ports),
                                .action = action_of(rule.action),
                                .pool = static_cast<dataplane::PoolIndex>(rule.pool.value_or(0))});
    for (const SourceList& list : config.lists) {
        dataplane::PolicyList entry{.benign = list.kind == SourceList::Kind::benign,
                                    .protocol = list.protocol,
                                    .ports = intervals(list.ports),
                                    .pool = std::nullopt};
        if (list.pool) entry.pool = static_cast<dataplane::PoolIndex>(*list.pool);
        result.lists.push_back(std::move(entry));
    }
    result.campus = prefixes(campus_of(config));
    return result;
}

void set_modes(dataplane::Modes& modes, const Config& config) {
    modes.outlive_ms = static_cast<std::uint32_t>(config.outlive_timeout.count());
    modes.divert_backscatter = config.backscatter == Backscatter::honeypot;
    modes.open_containment = config.containment == Containment::open;
    modes.limited_containment = config.containment == Containment::limited;
    modes.set_reply_rates({.packets_per_source = config.reply_caps.packets_per_source,
                           .bytes_per_source = config.reply_caps.bytes_per_source,
                           .packets_per_honeypot = config.reply_caps.packets_per_honeypot,
                           .bytes_per_honeypot = config.reply_caps.bytes_per_honeypot});
}

}  // namespace honeyswitch::control
