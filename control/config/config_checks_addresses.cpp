#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "base/inhabited.hpp"
#include "base/prefix_map.hpp"
#include "control/config/campus.hpp"
#include "control/config/config_checks.hpp"

namespace honeyswitch::control {
namespace {

/// Anything shorter is a slip of the pen: no broadcast domain, and no campus, is larger than a /8.
constexpr unsigned shortest_domain = 8;

Check check_grants(const ConfigDraft& draft, std::size_t index) {
    const auto& agent = draft.config.agents[index];
    const auto value = record("agent", index, "grants");
    if (agent.grants.empty())
        return refuse(draft, value,
                      fmt::format("[[agent]] '{}': grants is empty; it could report nothing", agent.name));
    std::set<Ipv4Prefix> seen;
    for (std::size_t i = 0; i < agent.grants.size(); ++i) {
        const auto grant = agent.grants[i];
        const auto bad = [&](std::string_view why) {
            return refuse(draft, element(value, i),
                          fmt::format("[[agent]] '{}': grant '{}' {}", agent.name, to_string(grant), why));
        };
        if (grant.length < shortest_domain) return bad(fmt::format("is larger than a /{}", shortest_domain));
        if (const auto wrong = nobody_on(grant)) return bad(*wrong);
        if (!seen.insert(grant).second) return bad("is there twice");
    }
    return {};
}

Check check_agents(const ConfigDraft& draft, Warnings&) {
    const auto& agents = draft.config.agents;
    if (auto checked = check_names(draft, "agent", agents); !checked) return checked;
    std::map<decltype(Agent::key), std::size_t> keys;
    for (std::size_t i = 0; i < agents.size(); ++i) {
        if (const auto [owner, is_new] = keys.emplace(agents[i].key, i); !is_new)
            return refuse(draft, record("agent", i, "key_file"),
                          fmt::format("[[agent]] '{}': it has the key of agent '{}', so that each could "
                                      "speak for the other",
                                      agents[i].name, agents[owner->second].name));
        if (auto checked = check_grants(draft, i); !checked) return checked;
    }
    return {};
}

using Grants = PrefixMap<std::vector<std::string_view>>;  ///< the names of those who have one

Grants grants_of(const Config& config) {
    Grants grants;
    for (const auto& agent : config.agents)
        for (const auto grant : agent.grants) grants[grant].emplace_back(agent.name);
    return grants;
}

/// Dark prefixes against the grants: where both are the same prefix, nobody could say whose word counts.
Check check_dark_against_grants(const ConfigDraft& draft, std::size_t index, const Grants& grants,
                                Warnings& warnings) {
    const auto prefix = draft.config.dark[index];
    const auto place = element("dark", index);
    if (const auto* const same = grants.find(prefix))
        return refuse(draft, place,
                      fmt::format("dark prefix '{}' is also granted to agent '{}': either nobody lives "
                                  "there, or the agent reports who does",
                                  to_string(prefix), same->front()));
    grants.each_around(prefix, [&](Ipv4Prefix grant, const auto& agents) {
        for (const auto agent : agents)
            warn(draft, place, warnings,
                 fmt::format("dark prefix '{}' lies within the grant '{}' of agent '{}': until the agent "
                             "reports a host there, its traffic is diverted",
                             to_string(prefix), to_string(grant), agent));
    });
    return {};
}

/// `before`: the dark prefixes that were written before this one, and their places.
void warn_of_overlaps(const ConfigDraft& draft, std::size_t index, const PrefixMap<std::size_t>& before,
                      Warnings& warnings) {
    const auto prefix = draft.config.dark[index];
    std::vector<std::size_t> overlapping;
    const auto note = [&](Ipv4Prefix, std::size_t other) { overlapping.push_back(other); };
    before.each_around(prefix, note);
    before.each_within(prefix, note);
    std::ranges::sort(overlapping);
    for (const auto other : overlapping)
        warn(draft, element("dark", index), warnings,
             fmt::format("dark prefixes '{}' and '{}' overlap", to_string(prefix),
                         to_string(draft.config.dark[other])));
}

Check check_dark(const ConfigDraft& draft, Warnings& warnings) {
    const auto& dark = draft.config.dark;
    const auto grants = grants_of(draft.config);
    PrefixMap<std::size_t> before;
    for (std::size_t i = 0; i < dark.size(); ++i) {
        if (dark[i].length < shortest_domain)
            return refuse(
                draft, element("dark", i),
                fmt::format("dark prefix '{}' is larger than a /{}", to_string(dark[i]), shortest_domain));
        if (const auto wrong = nobody_on(dark[i]))
            return refuse(draft, element("dark", i),
                          fmt::format("dark prefix '{}' {}", to_string(dark[i]), *wrong));
        if (before.find(dark[i]) != nullptr)
            return refuse(draft, element("dark", i),
                          fmt::format("dark prefix '{}' is there twice", to_string(dark[i])));
        warn_of_overlaps(draft, i, before, warnings);
        before[dark[i]] = i;
        if (auto checked = check_dark_against_grants(draft, i, grants, warnings); !checked) return checked;
    }
    const auto addresses = std::transform_reduce(dark.begin(), dark.end(), std::uint64_t{0}, std::plus{},
                                                 [](auto prefix) { return prefix.size(); });
    if (addresses > draft.config.address_capacity)
        return refuse(draft, "address_capacity",
                      fmt::format("address_capacity {} is less than the {} addresses of the dark prefixes",
                                  draft.config.address_capacity, addresses));
    if (dark.size() > draft.config.domain_capacity)
        return refuse(draft, "domain_capacity",
                      fmt::format("domain_capacity {} is less than the {} dark prefixes",
                                  draft.config.domain_capacity, dark.size()));
    return {};
}

void check_active_against_domains(const ConfigDraft& draft, std::size_t index, const PrefixMap<bool>& domains,
                                  Warnings& warnings) {
    const auto active = draft.config.static_active[index];
    const auto place = element("active", index);
    if (!domains.overlaps(active))
        warn(draft, place, warnings,
             fmt::format(
                 "active prefix '{}' is in no dark prefix and no grant: its traffic goes inside anyway",
                 to_string(active)));
    const auto covers = [&](Ipv4Prefix domain, bool) {
        warn(draft, place, warnings,
             fmt::format("active prefix '{}' covers all of '{}': nothing there is diverted",
                         to_string(active), to_string(domain)));
    };
    if (domains.find(active) != nullptr) covers(active, true);
    domains.each_within(active, covers);
}

Check check_active(const ConfigDraft& draft, Warnings& warnings) {
    const auto& active = draft.config.static_active;
    PrefixMap<bool> domains;
    for (const auto domain : possible_domains(draft.config)) domains[domain] = true;
    std::set<Ipv4Prefix> seen;
    for (std::size_t i = 0; i < active.size(); ++i) {
        if (const auto wrong = nobody_on(active[i]))
            return refuse(draft, element("active", i),
                          fmt::format("active prefix '{}' {}", to_string(active[i]), *wrong));
        if (!seen.insert(active[i]).second)
            return refuse(draft, element("active", i),
                          fmt::format("active prefix '{}' is there twice", to_string(active[i])));
        check_active_against_domains(draft, i, domains, warnings);
    }
    const auto addresses = std::transform_reduce(active.begin(), active.end(), std::uint64_t{0}, std::plus{},
                                                 [](auto prefix) { return prefix.size(); });
    if (addresses > draft.config.address_capacity)
        return refuse(draft, "address_capacity",
                      fmt::format("address_capacity {} is less than the {} addresses of the active prefixes",
                                  draft.config.address_capacity, addresses));
    return {};
}

Check check_campus(const ConfigDraft& draft, Warnings&) {
    const auto& campus = draft.config.campus;
    std::set<Ipv4Prefix> seen;
    for (std::size_t i = 0; i < campus.size(); ++i) {
        const auto bad = [&](std::string_view why) {
            return refuse(draft, element("campus", i),
                          fmt::format("campus prefix '{}' {}", to_string(campus[i]), why));
        };
        if (campus[i].length < shortest_domain)
            return bad(fmt::format("is larger than a /{}", shortest_domain));
        if (!seen.insert(campus[i]).second) return bad("is there twice");
    }
    return {};
}

}  // namespace

Check check_addresses(const ConfigDraft& draft, Warnings& warnings) {
    Complaints errors;
    for (const auto check : {check_agents, check_dark, check_active, check_campus})
        errors.add(check(draft, warnings));
    return errors.result();
}

}  // namespace honeyswitch::control
