#include "control/config/config_check.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "control/config/config_checks.hpp"
#include "control/config/config_references.hpp"
#include "control/config/cpu_list.hpp"
#include "control/config/port_spec.hpp"

namespace honeyswitch::control {
namespace {

Check check_buffers(const ConfigDraft& draft, Warnings&) {
    constexpr std::uint32_t least_for_a_worker = 2'048;
    const auto& config = draft.config;
    if (config.mbufs / least_for_a_worker >= config.workers) return {};
    return refuse(draft, "mbufs",
                  fmt::format("{} packet buffers are too few for {} workers, which need {} each",
                              config.mbufs, config.workers, least_for_a_worker));
}

Check check_cpus(const ConfigDraft& draft, Warnings& warnings) {
    const auto& config = draft.config;
    if (config.lcores.empty()) return {};
    const auto cpus = parse_cpu_list(config.lcores);
    if (!cpus) return refuse(draft, "lcores", cpus.error());
    const auto needed = config.workers + 1;
    if (cpus->size() < needed)
        return refuse(
            draft, "lcores",
            fmt::format("lcores '{}' names {} CPUs, but the control thread and {} {} need {}", config.lcores,
                        cpus->size(), config.workers, config.workers == 1 ? "worker" : "workers", needed));
    if (cpus->size() > needed)
        warn(draft, "lcores", warnings,
             fmt::format("lcores '{}' names {} CPUs; only the first {} are used", config.lcores, cpus->size(),
                         needed));
    return {};
}

Check check_admission(const ConfigDraft& draft, Warnings&) {
    const auto& config = draft.config;
    if (config.low_water < config.high_water) return {};
    return refuse(
        draft, draft.places.contains("low_water") ? "low_water" : "high_water",
        fmt::format("low_water {} is not less than high_water {}", config.low_water, config.high_water));
}

Check check_purpose(const ConfigDraft& draft, Warnings& warnings) {
    const auto& config = draft.config;
    const auto diverts = [](const Rule& rule) { return rule.action == Rule::Action::divert; };
    const auto attackers = [](const SourceList& list) { return list.kind == SourceList::Kind::attacker; };
    if (config.agents.empty() && config.dark.empty() && std::ranges::none_of(config.rules, diverts) &&
        std::ranges::none_of(config.lists, attackers))
        warn(draft, "", warnings,
             "there is no [[agent]], no dark prefix, no attacker list and no rule that diverts: nothing is "
             "diverted");
    return {};
}

/// Whoever has mirrors alone observes, as nothing could be diverted.
void observe_mirrors(ConfigDraft& draft) {
    if (!only_mirrors(draft.config)) return;
    const bool written = draft.places.contains("diversion.mode");
    if (written && draft.config.diversion == DiversionMode::divert)
        draft.warnings.push_back(Complaint{
            draft.place_of("diversion.mode"),
            "mode \"divert\" has no meaning with mirrors alone: they are observed, and nothing is diverted"});
    draft.config.diversion = DiversionMode::observe;
}

/// In observe mode nothing goes to honeypots, so that there need be none; that all is decided as it would be,
/// there is one in each pool where none is named.
void add_what_is_missing(Config& config) {
    if (config.honeypot_ports.empty()) config.honeypot_ports.push_back(stand_in_port());
    if (!config.honeypots.empty()) return;
    for (std::size_t pool = 0; pool < std::max<std::size_t>(config.pools.size(), 1); ++pool) {
        Honeypot& stand_in = config.honeypots.emplace_back();
        stand_in.name = pool == 0 ? "none" : fmt::format("none{}", pool + 1);
        stand_in.mac = MacAddress{{0x02, 0, 0, 0, 0, static_cast<std::uint8_t>(pool + 1)}};
        stand_in.pool = pool;
    }
}

}  // namespace

std::expected<Warnings, Complaint> check_config(const ConfigDraft& draft) {
    Warnings warnings;
    Complaints errors;
    for (const auto check :
         {check_ports, check_mtu, check_buffers, check_cpus, check_admission, check_honeypots,
          check_addresses, check_policy, check_containment, check_purpose})
        errors.add(check(draft, warnings));
    if (auto checked = errors.result(); !checked) return std::unexpected(checked.error());
    return warnings;
}

std::expected<CheckedConfig, Complaint> finish_config(ConfigDraft draft) {
    observe_mirrors(draft);
    if (draft.config.diversion == DiversionMode::observe) add_what_is_missing(draft.config);
    if (auto resolved = resolve_references(draft); !resolved) return std::unexpected(resolved.error());
    auto checked = check_config(draft);
    if (!checked) return std::unexpected(checked.error());
    std::vector<std::string> warnings;
    warnings.reserve(draft.warnings.size() + checked->size());
    for (const auto& warning : draft.warnings) warnings.push_back(warning.sentence());
    std::ranges::move(*checked, std::back_inserter(warnings));
    return CheckedConfig{std::move(draft.config), std::move(warnings)};
}

}  // namespace honeyswitch::control
