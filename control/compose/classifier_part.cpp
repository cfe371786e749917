#include "control/compose/classifier_part.hpp"

#include "control/config/campus.hpp"
#include "control/dpdk/prefix_of.hpp"

namespace honeyswitch::control {
namespace {

std::vector<dataplane::Prefix> prefixes(const std::vector<Ipv4Prefix>& list) {
    std::vector<dataplane::Prefix> result;
    result.reserve(list.size());
    for (const Ipv4Prefix prefix : list) result.push_back(prefix_of(prefix));
    return result;
}

std::vector<dataplane::PortInterval> intervals(const std::vector<PortRange>& ranges) {
    std::vector<dataplane::PortInterval> result;
    result.reserve(ranges.size());
    for (const PortRange range : ranges) result.push_back({range.first, range.last});
    return result;
}

dataplane::ClassifierRule::Action action_of(Rule::Action action) {
    using Action = dataplane::ClassifierRule::Action;
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

dataplane::ClassifierRule rule_of(const Rule& rule, const Numbers& numbers) {
    return {.sources = prefixes(rule.sources),
            .destinations = prefixes(rule.destinations),
            .protocol = rule.protocol,
            .ports = intervals(rule.ports),
            .action = action_of(rule.action),
            .pool = numbers.pools.at(rule.pool.value_or(0))};
}

dataplane::ClassifierList list_of(const SourceList& list, const Numbers& numbers) {
    dataplane::ClassifierList result{.benign = list.kind == SourceList::Kind::benign,
                                     .protocol = list.protocol,
                                     .ports = intervals(list.ports),
                                     .pool = std::nullopt};
    if (list.pool) result.pool = numbers.pools.at(*list.pool);
    return result;
}

}  // namespace

dataplane::ClassifierConfig classifier_config(const Config& config, const Numbers& numbers) {
    dataplane::ClassifierConfig result;
    result.rules.reserve(config.rules.size());
    for (const Rule& rule : config.rules) result.rules.push_back(rule_of(rule, numbers));
    for (std::size_t i = 0; i < config.lists.size(); ++i) {
        const std::size_t number = numbers.lists.at(i);
        // Sources may be on a list that is gone until all of them are taken out.
        if (result.lists.size() <= number) result.lists.resize(number + 1, {.used = false});
        result.lists[number] = list_of(config.lists[i], numbers);
        result.lists[number].rank = static_cast<std::uint8_t>(i);
    }
    result.campus = prefixes(campus_of(config));
    return result;
}

}  // namespace honeyswitch::control
