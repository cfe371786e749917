#include "control/config/config_change.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

std::string said(const Setting& setting, const Config& config) {
    auto shown = setting.show(config);
    return shown.empty() ? "unset" : shown;
}

std::string said(const std::vector<Link>& links, std::string_view name) {
    const auto link = std::ranges::find(links, name, &Link::name);
    if (link == links.end()) return "unset";
    if (link->is_mirror()) return fmt::format("mirror {}", link->mirror.text);
    return fmt::format("outside {}, inside {}", link->outside.text, link->inside.text);
}

std::string names(const std::vector<Link>& links) {
    std::vector<std::string_view> all;
    all.reserve(links.size());
    for (const Link& link : links) all.emplace_back(link.name);
    return fmt::format("{}", fmt::join(all, ", "));
}

/// Ports are opened at the start alone. The short form is a setting like any other.
void add_changes_of_links(const Config& running, const Config& wanted, std::vector<std::string>& reasons) {
    const std::size_t before = reasons.size();
    const auto compare = [&](std::string_view name) {
        const auto now = said(running.links, name);
        const auto then = said(wanted.links, name);
        if (now != then)
            reasons.push_back(fmt::format("[[link]] '{}' cannot change while running ({} to {}): restart",
                                          name, now, then));
    };
    for (const Link& link : running.links) compare(link.name);
    for (const Link& link : wanted.links)
        if (said(running.links, link.name) == "unset") compare(link.name);
    if (reasons.size() == before && names(running.links) != names(wanted.links))
        reasons.push_back(fmt::format("the order of [[link]] cannot change while running ({} to {}): restart",
                                      names(running.links), names(wanted.links)));
}

}  // namespace

std::vector<std::string> unchangeable(const Config& running, const Config& wanted) {
    std::vector<std::string> reasons;
    for (const auto& setting : settings()) {
        if (setting.at_run_time) continue;
        const auto now = said(setting, running);
        const auto then = said(setting, wanted);
        if (now != then)
            reasons.push_back(fmt::format("[{}] {} cannot change while running ({} to {}): restart",
                                          setting.table, setting.key, now, then));
    }
    add_changes_of_links(running, wanted, reasons);
    return reasons;
}

}  // namespace honeyswitch::control
