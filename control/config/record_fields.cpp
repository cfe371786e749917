#include "control/config/record_fields.hpp"

#include <map>
#include <optional>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "base/duration.hpp"
#include "control/config/flow_text.hpp"
#include "control/config/policy_names.hpp"

namespace honeyswitch::control {
namespace {

std::string text_of(const std::optional<std::uint8_t>& protocol) {
    return protocol ? protocol_name(*protocol) : std::string();
}

template <typename T>
std::string list_of(const std::vector<T>& values) {
    std::vector<std::string> texts;
    texts.reserve(values.size());
    for (const T& value : values) texts.push_back(to_string(value));
    return fmt::format("{}", fmt::join(texts, ", "));
}

template <typename Number>
std::string number_of(const std::optional<Number>& number) {
    return number ? fmt::format("{}", *number) : std::string();
}

std::string pool_of(const Config& config, std::optional<std::size_t> pool) {
    return pool ? config.pools.at(*pool).name : std::string();
}

std::string check_of(const Honeypot& honeypot) {
    if (!honeypot.watched) return "none";
    return honeypot.check_tcp_port ? fmt::format("tcp:{}", *honeypot.check_tcp_port) : "arp";
}

RecordText text_of(const Link& link, const Config& /*config*/) {
    return {fmt::format("'{}'", link.name),
            {{"outside", link.outside.text}, {"inside", link.inside.text}, {"mirror", link.mirror.text}}};
}

RecordText text_of(const Pool& pool, const Config& /*config*/) {
    return {fmt::format("'{}'", pool.name),
            {{"affinity", std::string(name_of(pool.affinity))},
             {"when_none", pool.when_none == Pool::WhenNone::inside ? "inside" : "drop"},
             {"on_failure", pool.on_failure == Pool::OnFailure::stay ? "stay" : "move"}}};
}

RecordText text_of(const Honeypot& honeypot, const Config& config) {
    return {fmt::format("'{}'", honeypot.name),
            {{"mac", honeypot.mac ? to_string(*honeypot.mac) : std::string()},
             {"vlan", number_of(honeypot.vlan)},
             {"port", config.honeypot_ports.at(honeypot.port).text},
             {"pool", pool_of(config, honeypot.pool)},
             {"weight", fmt::format("{}", honeypot.weight)},
             {"check", check_of(honeypot)}}};
}

RecordText text_of(const Rule& rule, const Config& config) {
    return {fmt::format("'{}'", rule.name),
            {{"source", list_of(rule.sources)},
             {"destination", list_of(rule.destinations)},
             {"protocol", text_of(rule.protocol)},
             {"ports", list_of(rule.ports)},
             {"action", std::string(name_of(rule.action))},
             {"pool", pool_of(config, rule.pool)}}};
}

RecordText text_of(const SourceList& list, const Config& config) {
    return {fmt::format("'{}'", list.name),
            {{"kind", std::string(name_of(list.kind))},
             {"file", list.file.string()},
             {"protocol", text_of(list.protocol)},
             {"ports", list_of(list.ports)},
             {"pool", pool_of(config, list.pool)}}};
}

RecordText text_of(const AuthLog& log, const Config& config) {
    return {fmt::format("'{}'", log.file.string()),
            {{"list", config.lists.at(log.list).name},
             {"failures", fmt::format("{}", log.failures)},
             {"window", duration_text(log.window)},
             {"lifetime", duration_text(log.lifetime)}}};
}

RecordText text_of(const Tier& tier, const Config& config) {
    return {fmt::format("'{}' to '{}'", pool_of(config, tier.from), pool_of(config, tier.to)),
            {{"sessions", number_of(tier.sessions)},
             {"destinations", number_of(tier.destinations)},
             {"payload_sessions", number_of(tier.payload_sessions)},
             {"window", duration_text(tier.window)}}};
}

RecordText text_of(const Agent& agent, const Config& /*config*/) {
    const std::string key(agent.key.begin(), agent.key.end());
    return {fmt::format("'{}'", agent.name),
            {{"key_file", agent.key_file.string()},
             {.key = "key", .value = key, .secret = true},
             {"grants", list_of(agent.grants)}}};
}

template <typename Record>
RecordsText texts_of(std::string_view kind, const std::vector<Record>& records, const Config& config,
                     bool order_matters = false) {
    RecordsText texts{.kind = kind,
                      .order_matters = order_matters,
                      .needs_restart = std::is_same_v<Record, Link>,
                      .records = {}};
    std::map<std::string, unsigned> seen;
    for (const Record& record : records) {
        RecordText text = text_of(record, config);
        // Of logs and tiers there can be several of the same name.
        if (const unsigned number = ++seen[text.name]; number > 1) text.name += fmt::format(" ({})", number);
        texts.records.push_back(std::move(text));
    }
    return texts;
}

}  // namespace

std::vector<RecordsText> records_of(const Config& config) {
    return {texts_of("link", config.links, config, true),   texts_of("pool", config.pools, config, true),
            texts_of("honeypot", config.honeypots, config), texts_of("rule", config.rules, config, true),
            texts_of("list", config.lists, config),         texts_of("auth_log", config.auth_logs, config),
            texts_of("tier", config.tiers, config, true),   texts_of("agent", config.agents, config)};
}

}  // namespace honeyswitch::control
