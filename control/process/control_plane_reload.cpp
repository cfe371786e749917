// How another configuration takes the place of the running one.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/duration.hpp"
#include "control/process/control_plane.hpp"

namespace honeyswitch::control {
namespace {

/// To take back what nobody confirmed, where it was refused: numbers may not be free yet.
constexpr Milliseconds between_tries{10'000};

}  // namespace

std::expected<std::uint64_t, std::string> ControlPlane::reload(const ReloadWish& wish) {
    if (reload_state_.phase == ReloadState::Phase::running)
        return std::unexpected("a reload is running already");
    reload_state_ = {.id = reload_state_.id + 1, .phase = ReloadState::Phase::running, .sentences = {}};
    wish_ = wish;
    tell_of_reload(ConfigPhase::reading, Gravity::information, "reloading the configuration", wish.by.text);
    reloader_.start(config_, numbers_);
    return reload_state_.id;
}

ReloadState ControlPlane::reload_state() const {
    ReloadState state = reload_state_;
    if (insurance_.pending()) state.unconfirmed = insurance_.reload();
    state.confirm_by = insurance_.until();
    return state;
}

void ControlPlane::reload_on_signal(const Asker& by) {
    if (const auto started = reload({.by = by}); !started)
        tell_of_reload(ConfigPhase::refused, Gravity::warning, "SIGHUP: " + started.error(), by.text);
}

void ControlPlane::tell_of_reload(ConfigPhase phase, Gravity gravity, std::string text,
                                  const std::string& who) {
    events_.publish(ConfigChanged{
        .phase = phase, .reload = reload_state_.id, .who = who, .told = {gravity, std::move(text)}});
}

/// The configuration is read; then what it changes comes into force, over many turns if it is much.
void ControlPlane::go_on_with_reload(TimePoint now) {
    if (!reloader_.running()) {
        if (!controller_.changing() && diverts(now)) finish_reload(now);
        return;
    }
    auto result = reloader_.take();
    if (!result) return;
    if (!taking_back_ && insurance_.due(now))
        return refuse_reload(
            {fmt::format("meanwhile the time to confirm reload {} was over", insurance_.reload())}, now);
    if (*result) return apply(std::move(**result), now);
    refuse_reload(std::move(result->error()), now);
}

void ControlPlane::refuse_reload(std::vector<std::string> reasons, TimePoint now) {
    reload_state_.phase = ReloadState::Phase::refused;
    reload_state_.sentences = std::move(reasons);
    for (const std::string& reason : reload_state_.sentences)
        tell_of_reload(ConfigPhase::refused, Gravity::error, "reload refused: " + reason);
    if (std::exchange(taking_back_, false)) insurance_.postpone(now + between_tries);
}

/// What decides first is changed last: a rule may name a pool, and a pool its honeypots.
void ControlPlane::apply(Prepared prepared, TimePoint now) {
    insure(prepared.config);
    config_ = std::move(prepared.config);
    numbers_.adopt(config_, prepared.parts.numbers, now);
    auto& parts = prepared.parts;
    changes_.clear();
    for (const ConfigDifference& difference : prepared.differences) changes_.push_back(to_string(difference));
    reload_state_.sentences = std::move(prepared.warnings);
    list_findings_ = std::move(prepared.list_findings);
    spdlog::set_level(spdlog::level::from_str(parts.log_level));
    notices_.reconfigure(parts.agents, parts.agent_timeout, now);
    controller_.reconfigure(std::move(parts.controller), now);
    // Honeypots that nobody asks whether they live are for workers that send nothing there.
    const bool observes = parts.honeypots.asks_nobody;
    if (observes) diversion_.configure(parts.modes);
    honeypots_.reconfigure(std::move(parts.honeypots));
    if (!observes) divert_at_its_time(parts.modes, now);
    switch_.set_classifier(std::move(prepared.classifier));
    lists_.reconfigure(parts.lists);
    watcher_.reconfigure(parts.lists, parts.auth_logs, now);
    kept_.only(config_.lists);
    state_.reconfigure(std::move(parts.state));
    inspector_.reconfigure(std::move(parts.shown));
    events_.set_names(inspector_.event_names());
    if (controller_.changing())
        tell_of_reload(ConfigPhase::applying, Gravity::information,
                       "reload: domains and active addresses come into force; until a new dark prefix has, "
                       "its traffic goes inside");
}

/// After observing nothing is diverted before all that protects hosts is in force: active addresses, rules,
/// and lists, whose files are read over many turns. For a file that cannot be read to its end nobody waits
/// for ever.
void ControlPlane::divert_at_its_time(dataplane::ModeSettings modes, TimePoint now) {
    constexpr Milliseconds patience{30'000};
    diverts_later_.reset();
    if (diversion_.state().mode == DiversionMode::observe) {
        diverts_later_ = modes;
        lists_awaited_until_ = now + patience;
        modes.diverting = dataplane::Diverting::nothing;
    }
    diversion_.configure(modes);
}

/// Of a reload of which all else is in force: begins to divert, if that waits and can be.
bool ControlPlane::diverts(TimePoint now) {
    if (!diverts_later_) return true;
    if ((lists_.busy() || watcher_.reading()) && now < lists_awaited_until_) return false;
    diversion_.configure(*diverts_later_);
    diverts_later_.reset();
    return true;
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

void ControlPlane::finish_reload(TimePoint now) {
    const auto done = controller_.outcome();
    if (!done)
        reload_state_.sentences.push_back("not all of it is in force: " + done.error().message() +
                                          "; it is tried again each second");
    reload_state_.phase = ReloadState::Phase::done;
    for (const std::string& warning : reload_state_.sentences)
        tell_of_reload(ConfigPhase::warned, Gravity::warning, warning);
    // The watcher logs them itself, once it reads the files.
    std::ranges::move(list_findings_, std::back_inserter(reload_state_.sentences));
    if (done && !taking_back_)
        tell_of_reload(ConfigPhase::done, Gravity::information,
                       "reloaded: the new configuration is in force");
    if (taking_back_) return finish_taking_back();
    note_change(wish_.by,
                wish_.confirm_within ? fmt::format("reload {} --confirm {}", reload_state_.id,
                                                   duration_text(*wish_.confirm_within))
                                     : fmt::format("reload {}", reload_state_.id),
                std::move(changes_));
    if (insurance_.pending()) say_what_is_unconfirmed(now);
}

}  // namespace honeyswitch::control
