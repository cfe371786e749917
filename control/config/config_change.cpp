#include "control/config/config_change.hpp"

#include <fmt/format.h>

#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

std::string said(const Setting& setting, const Config& config) {
    auto shown = setting.show(config);
    return shown.empty() ? "unset" : shown;
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
    return reasons;
}

}  // namespace honeyswitch::control
