#include <algorithm>
#include <iterator>

#include "control/config/config_rules.hpp"
#include "control/config/flow_text.hpp"

namespace honeyswitch::control {
namespace {

/// Where nothing of a honeypot goes, whatever is allowed.
std::vector<Ipv4Prefix> all_of_the_campus(const Config& config) {
    auto campus = possible_domains(config);
    std::ranges::copy(config.static_active, std::back_inserter(campus));
    std::ranges::copy(config.campus, std::back_inserter(campus));
    return campus;
}

void check_allowed_flow(const ConfigDraft& draft, std::size_t index, Warnings& warnings) {
    const auto& flow = draft.config.containment_allow[index];
    const auto value = element("allow", index);
    if (flow.destination.length == 0)
        warn(draft, value, warnings,
             fmt::format("allow '{}' lets a honeypot that was broken into reach everybody there",
                         to_string(flow)));
    for (const auto prefix : all_of_the_campus(draft.config))
        if (prefix.contains(flow.destination)) {
            warn(draft, value, warnings,
                 fmt::format("allow '{}' lies within '{}' of the campus, where nothing of a honeypot goes",
                             to_string(flow), to_string(prefix)));
            break;
        }
}

}  // namespace

Check check_containment(const ConfigDraft& draft, Warnings& warnings) {
    const auto& config = draft.config;
    const bool limited = config.containment == Containment::limited;
    if (limited && config.containment_allow.empty())
        warn(draft, "containment", warnings,
             "containment is limited, but allow is empty: honeypots may open no flow, as with session");
    if (!limited && !config.containment_allow.empty())
        warn(draft, "allow[0]", warnings, "allow has no effect, as containment is not limited");
    if (limited)
        for (std::size_t i = 0; i < config.containment_allow.size(); ++i)
            check_allowed_flow(draft, i, warnings);
    return {};
}

}  // namespace honeyswitch::control
