// How another configuration takes the place of the running one.
#include <algorithm>
#include <iterator>
#include <utility>

#include <spdlog/spdlog.h>

#include "control/process/control_plane.hpp"

namespace honeyswitch::control {

std::expected<std::uint64_t, std::string> ControlPlane::reload() {
    if (reload_state_.phase == ReloadState::Phase::running)
        return std::unexpected("a reload is running already");
    reload_state_ = {.id = reload_state_.id + 1, .phase = ReloadState::Phase::running, .sentences = {}};
    tell_of_reload(ConfigPhase::reading, Gravity::information, "reloading the configuration");
    reloader_.start(config_, numbers_);
    return reload_state_.id;
}

void ControlPlane::reload_on_signal() {
    if (const auto started = reload(); !started)
        tell_of_reload(ConfigPhase::refused, Gravity::warning, "SIGHUP: " + started.error(), "SIGHUP");
}

void ControlPlane::tell_of_reload(ConfigPhase phase, Gravity gravity, std::string text, const char* who) {
    events_.publish(ConfigChanged{
        .phase = phase, .reload = reload_state_.id, .who = who, .told = {gravity, std::move(text)}});
}

/// The configuration is read; then what it changes comes into force, over many turns if it is much.
void ControlPlane::go_on_with_reload(TimePoint now) {
    if (!reloader_.running()) {
        if (!controller_.changing()) finish_reload();
        return;
    }
    auto result = reloader_.take();
    if (!result) return;
    if (*result) return apply(std::move(**result), now);
    reload_state_.phase = ReloadState::Phase::refused;
    reload_state_.sentences = std::move(result->error());
    for (const std::string& reason : reload_state_.sentences)
        tell_of_reload(ConfigPhase::refused, Gravity::error, "reload refused: " + reason);
}

/// What decides first is changed last: a rule may name a pool, and a pool its honeypots.
void ControlPlane::apply(Prepared prepared, TimePoint now) {
    config_ = std::move(prepared.config);
    numbers_.adopt(config_, prepared.parts.numbers, now);
    auto& parts = prepared.parts;
    reload_state_.sentences = std::move(prepared.warnings);
    list_findings_ = std::move(prepared.list_findings);
    spdlog::set_level(spdlog::level::from_str(parts.log_level));
    notices_.reconfigure(parts.agents, parts.agent_timeout, now);
    controller_.reconfigure(std::move(parts.controller), now);
    honeypots_.reconfigure(std::move(parts.honeypots));
    switch_.set_modes(parts.modes);
    switch_.set_classifier(std::move(prepared.classifier));
    lists_.reconfigure(parts.lists);
    watcher_.reconfigure(parts.lists, parts.auth_logs, now);
    kept_.only(config_.lists);
    inspector_.reconfigure(std::move(parts.shown));
    events_.set_names(inspector_.event_names());
    if (controller_.changing())
        tell_of_reload(ConfigPhase::applying, Gravity::information,
                       "reload: domains and active addresses come into force; until a new dark prefix has, "
                       "its traffic goes inside");
}

/// What a former configuration named, and nothing refers to any more.
void ControlPlane::free_numbers(TimePoint now) {
    numbers_.free_unused(
        switch_,
        [&](std::uint8_t number, TimePoint left) {
            return honeypots_.refers_to(HoneypotId{number}, left, now);
        },
        [&](std::uint8_t number, TimePoint) { return lists_.refers_to(number); });
}

void ControlPlane::finish_reload() {
    const auto done = controller_.outcome();
    if (!done)
        reload_state_.sentences.push_back("not all of it is in force: " + done.error().message() +
                                          "; it is tried again each second");
    reload_state_.phase = ReloadState::Phase::done;
    for (const std::string& warning : reload_state_.sentences)
        tell_of_reload(ConfigPhase::warned, Gravity::warning, warning);
    // The watcher logs them itself, once it reads the files.
    std::ranges::move(list_findings_, std::back_inserter(reload_state_.sentences));
    if (done)
        tell_of_reload(ConfigPhase::done, Gravity::information,
                       "reloaded: the new configuration is in force");
}

}  // namespace honeyswitch::control
