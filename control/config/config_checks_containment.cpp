#include <optional>

#include "base/prefix_map.hpp"
#include "control/config/campus.hpp"
#include "control/config/config_checks.hpp"
#include "control/config/flow_text.hpp"

namespace honeyswitch::control {
namespace {

PrefixMap<bool> set_of(const std::vector<Ipv4Prefix>& prefixes) {
    PrefixMap<bool> set;
    for (const auto prefix : prefixes) set[prefix] = true;
    return set;
}

void check_allowed_flow(const ConfigDraft& draft, std::size_t index, const PrefixMap<bool>& campus,
                        Warnings& warnings) {
    const auto& flow = draft.config.containment_allow[index];
    const auto value = element("allow", index);
    if (flow.destination.length == 0)
        warn(draft, value, warnings,
             fmt::format("allow '{}' lets a honeypot that was broken into reach everybody there",
                         to_string(flow)));
    std::optional<Ipv4Prefix> around;
    campus.each_around(flow.destination, [&](Ipv4Prefix prefix, bool) { around = prefix; });
    if (around)
        warn(draft, value, warnings,
             fmt::format("allow '{}' lies within '{}' of the campus, where nothing of a honeypot goes",
                         to_string(flow), to_string(*around)));
}

}  // namespace

Check check_containment(const ConfigDraft& draft, Warnings& warnings) {
    const auto& config = draft.config;
    const bool limited = config.containment == Containment::limited;
    if (limited && config.containment_allow.empty())
        warn(draft, "containment.mode", warnings,
             "containment is limited, but allow is empty: honeypots may open no flow, as with session");
    if (!limited && !config.containment_allow.empty())
        warn(draft, "allow[0]", warnings, "allow has no effect, as containment is not limited");
    if (!limited) return {};
    const auto campus = set_of(campus_of(config));
    for (std::size_t i = 0; i < config.containment_allow.size(); ++i)
        check_allowed_flow(draft, i, campus, warnings);
    return {};
}

}  // namespace honeyswitch::control
