#include <algorithm>
#include <array>

#include "base/limits.hpp"
#include "control/config/config_checks.hpp"
#include "control/config/flow_text.hpp"

namespace honeyswitch::control {
namespace {

/// Of a [[rule]] or a [[list]].
template <typename Record>
Check check_port_match(const ConfigDraft& draft, std::string_view kind, std::size_t index,
                       const Record& matcher) {
    if (matcher.ports.empty() || (matcher.protocol && has_ports(*matcher.protocol))) return {};
    return refuse(
        draft, record(kind, index, "ports"),
        fmt::format("[[{}]] '{}': ports need protocol \"tcp\", \"udp\" or \"sctp\"{}", kind, matcher.name,
                    matcher.protocol ? fmt::format("; {} has none", protocol_name(*matcher.protocol)) : ""));
}

Check check_action(const ConfigDraft& draft, std::size_t index) {
    const auto& rule = draft.config.rules[index];
    const bool chooses = rule.action == Rule::Action::divert || rule.action == Rule::Action::pool;
    if (rule.pool && !chooses)
        return refuse(draft, record("rule", index, "pool"),
                      fmt::format("[[rule]] '{}': action \"{}\" has no pool", rule.name,
                                  rule.action == Rule::Action::drop ? "drop" : "inside"));
    if (!rule.pool && rule.action == Rule::Action::pool)
        return refuse(
            draft, record("rule", index, "action"),
            fmt::format("[[rule]] '{}': action \"pool\" needs one; write pool = \"NAME\"", rule.name));
    return {};
}

std::size_t classifier_rules(const Rule& rule) {
    const auto alternatives = [](const auto& values) { return std::max<std::size_t>(values.size(), 1); };
    return alternatives(rule.sources) * alternatives(rule.destinations) * alternatives(rule.ports);
}

Check check_rules(const ConfigDraft& draft, Warnings& warnings) {
    const auto& rules = draft.config.rules;
    if (auto checked = check_names(draft, "rule", rules); !checked) return checked;
    std::size_t total = 0;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& rule = rules[i];
        if (auto checked = check_port_match(draft, "rule", i, rule); !checked) return checked;
        if (auto checked = check_action(draft, i); !checked) return checked;
        total += classifier_rules(rule);
        if (total > limits::rule_combinations)
            return refuse(draft, record("rule", i),
                          fmt::format("[[rule]] '{}': with it the rules have {} combinations of source, "
                                      "destination and ports, and there can be {}",
                                      rule.name, total, limits::rule_combinations));
        if (rule.action == Rule::Action::divert && rule.sources.empty() && rule.destinations.empty())
            warn(draft, record("rule", i), warnings,
                 fmt::format("[[rule]] '{}' diverts everything{}: it has neither source nor destination",
                             rule.name, rule.protocol ? " of its protocol and ports" : ""));
    }
    return {};
}

Check check_lists(const ConfigDraft& draft, Warnings&) {
    const auto& lists = draft.config.lists;
    if (auto checked = check_names(draft, "list", lists); !checked) return checked;
    for (std::size_t i = 0; i < lists.size(); ++i) {
        if (auto checked = check_port_match(draft, "list", i, lists[i]); !checked) return checked;
        if (lists[i].kind == SourceList::Kind::benign && lists[i].pool)
            return refuse(
                draft, record("list", i, "pool"),
                fmt::format("[[list]] '{}': a benign list has no pool, as its sources are never diverted",
                            lists[i].name));
    }
    return {};
}

Check check_auth_logs(const ConfigDraft& draft, Warnings&) {
    const auto& logs = draft.config.auth_logs;
    for (std::size_t i = 0; i < logs.size(); ++i)
        if (const auto& list = draft.config.lists[logs[i].list]; list.kind != SourceList::Kind::attacker)
            return refuse(draft, record("auth_log", i, "list"),
                          fmt::format("[[auth_log]] '{}': list '{}' is not an attacker list",
                                      logs[i].file.string(), list.name));
    return {};
}

}  // namespace

Check check_policy(const ConfigDraft& draft, Warnings& warnings) {
    for (const auto check : {check_rules, check_lists, check_auth_logs})
        if (auto checked = check(draft, warnings); !checked) return checked;
    return {};
}

}  // namespace honeyswitch::control
