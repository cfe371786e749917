#include "control/config_check.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <fmt/format.h>

#include "control/cpu_list.hpp"
#include "control/port_spec.hpp"

namespace honeyswitch::control {
namespace {

using Check = std::expected<void, ConfigError>;
using Warnings = std::vector<std::string>;

/// Anything shorter is a slip of the pen: no broadcast domain, and no campus, is larger than a /8.
constexpr unsigned shortest_domain = 8;

std::unexpected<ConfigError> refuse(const ConfigDraft& draft, std::string_view value, std::string reason) {
    return std::unexpected(ConfigError{draft.place_of(value), std::move(reason)});
}

void warn(const ConfigDraft& draft, std::string_view value, Warnings& warnings, std::string_view reason) {
    warnings.push_back(fmt::format("{}: {}", draft.place_of(value), reason));
}

std::string element(std::string_view list, std::size_t index) {
    return fmt::format("{}[{}]", list, index);
}

Check check_ports(const ConfigDraft& draft, Warnings&) {
    struct Named {
        std::string_view name;
        const PortSpec& port;
    };
    const std::array ports{Named{"outside", draft.config.outside}, Named{"inside", draft.config.inside},
                           Named{"honeypot", draft.config.honeypot_port}};
    for (const auto& [name, port] : ports)
        if (port.device.empty())
            return refuse(
                draft, name,
                fmt::format("no {} port: write {} = \"PORT\" in [ports], or --{} PORT", name, name, name));
    for (std::size_t i = 1; i < ports.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            if (same_device(ports.at(i).port, ports.at(j).port))
                return refuse(draft, ports.at(i).name,
                              fmt::format("the {} port is the same device as the {} port: '{}'",
                                          ports.at(i).name, ports.at(j).name, ports.at(i).port.text));
    return {};
}

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

Check check_honeypots(const ConfigDraft& draft, Warnings&) {
    const auto& honeypots = draft.config.honeypots;
    if (honeypots.empty())
        return refuse(draft, "", "no honeypot: write a [[honeypot]] with its name, or --honeypot-mac MAC");
    if (honeypots.size() > 1)
        return refuse(
            draft, "honeypot[1]",
            fmt::format("[[honeypot]] '{}' is a second honeypot; there can be one", honeypots[1].name));
    const auto& mac = honeypots[0].mac;
    if (mac && (mac->is_zero() || mac->is_multicast()))
        return refuse(
            draft, "honeypot[0].mac",
            fmt::format("mac '{}' of the honeypot is not a station's own address", to_string(*mac)));
    return {};
}

Check check_grants(const ConfigDraft& draft, std::size_t index) {
    const auto& agent = draft.config.agents[index];
    const auto value = element("agent", index) + ".grants";
    if (agent.grants.empty())
        return refuse(draft, value,
                      fmt::format("[[agent]] '{}': grants is empty; it could report nothing", agent.name));
    for (std::size_t i = 0; i < agent.grants.size(); ++i) {
        const auto grant = agent.grants[i];
        const auto bad = [&](std::string_view why) {
            return refuse(draft, element(value, i),
                          fmt::format("[[agent]] '{}': grant '{}' {}", agent.name, to_string(grant), why));
        };
        if (grant.length < shortest_domain) return bad(fmt::format("is larger than a /{}", shortest_domain));
        if (std::find(agent.grants.begin(), agent.grants.begin() + static_cast<std::ptrdiff_t>(i), grant) !=
            agent.grants.begin() + static_cast<std::ptrdiff_t>(i))
            return bad("is there twice");
    }
    return {};
}

Check check_agents(const ConfigDraft& draft, Warnings&) {
    const auto& agents = draft.config.agents;
    for (std::size_t i = 0; i < agents.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            if (agents[i].name == agents[j].name)
                return refuse(draft, element("agent", i) + ".name",
                              fmt::format("[[agent]] '{}': another agent has this name", agents[i].name));
            if (agents[i].key == agents[j].key)
                return refuse(draft, element("agent", i) + ".key_file",
                              fmt::format("[[agent]] '{}': it has the key of agent '{}', so that each could "
                                          "speak for the other",
                                          agents[i].name, agents[j].name));
        }
        if (auto checked = check_grants(draft, i); !checked) return checked;
    }
    return {};
}

/// Dark prefixes against the grants: where both are the same prefix, nobody could say whose word counts.
Check check_dark_against_grants(const ConfigDraft& draft, std::size_t index, Warnings& warnings) {
    const auto prefix = draft.config.dark[index];
    const auto place = element("dark", index);
    for (const auto& agent : draft.config.agents)
        for (const auto grant : agent.grants) {
            if (grant == prefix)
                return refuse(
                    draft, place,
                    fmt::format("dark prefix '{}' is also granted to agent '{}': either nobody lives "
                                "there, or the agent reports who does",
                                to_string(prefix), agent.name));
            if (grant.contains(prefix))
                warn(draft, place, warnings,
                     fmt::format("dark prefix '{}' lies within the grant '{}' of agent '{}': until the agent "
                                 "reports a host there, its traffic is diverted",
                                 to_string(prefix), to_string(grant), agent.name));
        }
    return {};
}

Check check_dark(const ConfigDraft& draft, Warnings& warnings) {
    const auto& dark = draft.config.dark;
    for (std::size_t i = 0; i < dark.size(); ++i) {
        if (dark[i].length < shortest_domain)
            return refuse(
                draft, element("dark", i),
                fmt::format("dark prefix '{}' is larger than a /{}", to_string(dark[i]), shortest_domain));
        for (std::size_t j = 0; j < i; ++j) {
            if (dark[i] == dark[j])
                return refuse(draft, element("dark", i),
                              fmt::format("dark prefix '{}' is there twice", to_string(dark[i])));
            if (dark[i].overlaps(dark[j]))
                warn(draft, element("dark", i), warnings,
                     fmt::format("dark prefixes '{}' and '{}' overlap", to_string(dark[i]),
                                 to_string(dark[j])));
        }
        if (auto checked = check_dark_against_grants(draft, i, warnings); !checked) return checked;
    }
    if (dark.size() > draft.config.domain_capacity)
        return refuse(draft, "domain_capacity",
                      fmt::format("domain_capacity {} is less than the {} dark prefixes",
                                  draft.config.domain_capacity, dark.size()));
    return {};
}

/// Where an active address has an effect: in a domain that is, or can become, known.
std::vector<Ipv4Prefix> possible_domains(const Config& config) {
    auto domains = config.dark;
    for (const auto& agent : config.agents) std::ranges::copy(agent.grants, std::back_inserter(domains));
    return domains;
}

void check_active_against_domains(const ConfigDraft& draft, std::size_t index, Warnings& warnings) {
    const auto active = draft.config.static_active[index];
    const auto domains = possible_domains(draft.config);
    const auto place = element("active", index);
    if (std::ranges::none_of(domains, [&](auto domain) { return domain.overlaps(active); }))
        warn(draft, place, warnings,
             fmt::format(
                 "active prefix '{}' is in no dark prefix and no grant: its traffic goes inside anyway",
                 to_string(active)));
    for (const auto domain : domains)
        if (active.contains(domain))
            warn(draft, place, warnings,
                 fmt::format("active prefix '{}' covers all of '{}': nothing there is diverted",
                             to_string(active), to_string(domain)));
}

Check check_active(const ConfigDraft& draft, Warnings& warnings) {
    const auto& active = draft.config.static_active;
    for (std::size_t i = 0; i < active.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j)
            if (active[i] == active[j])
                return refuse(draft, element("active", i),
                              fmt::format("active prefix '{}' is there twice", to_string(active[i])));
        check_active_against_domains(draft, i, warnings);
    }
    const auto addresses = std::transform_reduce(active.begin(), active.end(), std::uint64_t{0}, std::plus{},
                                                 [](auto prefix) { return prefix.size(); });
    if (addresses > draft.config.address_capacity)
        return refuse(draft, "address_capacity",
                      fmt::format("address_capacity {} is less than the {} addresses of the active prefixes",
                                  draft.config.address_capacity, addresses));
    return {};
}

Check check_purpose(const ConfigDraft& draft, Warnings& warnings) {
    if (draft.config.agents.empty() && draft.config.dark.empty())
        warn(draft, "", warnings, "there is no [[agent]] and no dark prefix: nothing is diverted");
    return {};
}

}  // namespace

std::expected<Warnings, ConfigError> check_config(const ConfigDraft& draft) {
    Warnings warnings;
    for (const auto check : {check_ports, check_buffers, check_cpus, check_honeypots, check_agents,
                             check_dark, check_active, check_purpose})
        if (auto checked = check(draft, warnings); !checked) return std::unexpected(checked.error());
    return warnings;
}

}  // namespace honeyswitch::control
