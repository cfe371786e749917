#include <algorithm>
#include <span>

#include "control/config/config_checks.hpp"

namespace honeyswitch::control {
namespace {

Check check_mac(const ConfigDraft& draft, std::size_t index) {
    const auto& mac = draft.config.honeypots[index].mac;
    if (!mac || !(mac->is_zero() || mac->is_multicast())) return {};
    return refuse(draft, record("honeypot", index, "mac"),
                  fmt::format("[[honeypot]] '{}': mac '{}' is not a station's own address",
                              draft.config.honeypots[index].name, to_string(*mac)));
}

/// Two honeypots of one segment: a frame must name the one it is for and tell the one it is from.
Check check_neighbours(const ConfigDraft& draft, std::size_t index, std::size_t other) {
    const auto& one = draft.config.honeypots[index];
    const auto& two = draft.config.honeypots[other];
    if (one.port != two.port || one.vlan != two.vlan) return {};
    if (one.mac && one.mac == two.mac)
        return refuse(
            draft, record("honeypot", index, "mac"),
            fmt::format("[[honeypot]] '{}': honeypot '{}' has the same mac on the same port and VLAN",
                        one.name, two.name));
    if (one.mac && two.mac) return {};
    const auto nameless = one.mac ? other : index;
    return refuse(
        draft, record("honeypot", nameless),
        fmt::format("[[honeypot]] '{}': mac is missing; it cannot be learned, as honeypot '{}' is on the "
                    "same port and VLAN",
                    draft.config.honeypots[nameless].name, one.mac ? one.name : two.name));
}

Check check_each_honeypot(const ConfigDraft& draft) {
    const auto& honeypots = draft.config.honeypots;
    if (honeypots.empty())
        return refuse(draft, "", "no honeypot: write a [[honeypot]] with its name, or --honeypot-mac MAC");
    if (auto checked = check_names(draft, "honeypot", honeypots); !checked) return checked;
    for (std::size_t i = 0; i < honeypots.size(); ++i) {
        if (auto checked = check_mac(draft, i); !checked) return checked;
        for (std::size_t j = 0; j < i; ++j)
            if (auto checked = check_neighbours(draft, i, j); !checked) return checked;
    }
    return {};
}

Check check_pools(const ConfigDraft& draft) {
    const auto& pools = draft.config.pools;
    if (auto checked = check_names(draft, "pool", pools); !checked) return checked;
    for (std::size_t i = 0; i < pools.size(); ++i)
        if (std::ranges::find(draft.config.honeypots, i, &Honeypot::pool) == draft.config.honeypots.end())
            return refuse(draft, record("pool", i, "name"),
                          fmt::format("[[pool]] '{}': no [[honeypot]] is in it", pools[i].name));
    return {};
}

/// True if `tiers` lead from one pool to the other, directly or not.
bool lead(std::span<const Tier> tiers, std::size_t from, std::size_t to, std::size_t pools) {
    std::vector<bool> reached(pools);
    reached[from] = true;
    for (bool more = true; more;) {
        more = false;
        for (const auto& tier : tiers)
            if (reached[tier.from] && !reached[tier.to]) more = reached[tier.to] = true;
    }
    return reached[to];
}

Check check_tiers(const ConfigDraft& draft) {
    const auto& pools = draft.config.pools;
    const auto& tiers = draft.config.tiers;
    for (std::size_t i = 0; i < tiers.size(); ++i) {
        const auto bad = [&](std::string_view why) {
            return refuse(draft, record("tier", i, "to"),
                          fmt::format("[[tier]] '{}' to '{}': {}", pools[tiers[i].from].name,
                                      pools[tiers[i].to].name, why));
        };
        if (tiers[i].from == tiers[i].to) return bad("from and to are the same pool");
        if (lead(std::span(tiers).first(i), tiers[i].to, tiers[i].from, pools.size()))
            return bad("with the tiers before it, it leads a source in a circle");
    }
    return {};
}

}  // namespace

Check check_honeypots(const ConfigDraft& draft, Warnings&) {
    for (const auto check : {check_each_honeypot, check_pools, check_tiers})
        if (auto checked = check(draft); !checked) return checked;
    return {};
}

}  // namespace honeyswitch::control
