// A reload that takes itself back unless somebody confirms it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/duration.hpp"
#include "control/process/control_plane.hpp"

namespace honeyswitch::control {
namespace {

/// Sources that come back onto their lists in one turn.
constexpr std::size_t sources_a_turn = 256;

}  // namespace

ControlPlane::~ControlPlane() {
    if (insurance_.pending())
        spdlog::warn("reload {} was not confirmed: the next start takes what the file says",
                     insurance_.reload());
}

/// Before `next` takes the place of what is in force.
void ControlPlane::insure(const Config& next) {
    if (wish_.confirm_within) insurance_.insure(config_, reload_state_.id, *wish_.confirm_within);
    if (!insurance_.pending() || taking_back_) return;
    const auto has = [](const Config& config, const SourceList& list) {
        return std::ranges::find(config.lists, list.name, &SourceList::name) != config.lists.end();
    };
    for (const SourceList& list : config_.lists)
        if (!has(next, list) && has(insurance_.before(), list))
            insurance_.keep(lists_.put_sources(list.name));
}

/// A reload is in force, and what it may go back to stands.
void ControlPlane::say_what_is_unconfirmed(TimePoint now) {
    if (wish_.confirm_within) insurance_.begin(now);
    const auto until = insurance_.until();
    if (!until) return;
    auto sentence = fmt::format(
        "not confirmed: in {} the configuration from before reload {} is in force again, "
        "unless honeyctl confirm comes",
        duration_text(std::chrono::ceil<std::chrono::seconds>(*until - now)), insurance_.reload());
    tell_of_reload(ConfigPhase::unconfirmed, Gravity::warning, sentence, wish_.by.text);
    reload_state_.sentences.push_back(std::move(sentence));
}

std::expected<std::uint64_t, std::string> ControlPlane::confirm(const Asker& by) {
    if (!insurance_.pending())
        return std::unexpected(
            taken_back_ == 0
                ? std::string("nothing waits for a confirmation")
                : fmt::format("nothing waits for a confirmation; reload {} was taken back", taken_back_));
    const auto id = insurance_.reload();
    if (taking_back_) return std::unexpected(fmt::format("too late: reload {} is being taken back", id));
    if (reload_state_.phase == ReloadState::Phase::running)
        return std::unexpected("a reload is running: confirm it once it is in force");
    insurance_.end();
    tell_of_reload(
        ConfigPhase::confirmed, Gravity::information,
        fmt::format("reload {} is confirmed by the operator ({}): what is in force stays", id, by.text),
        by.text);
    note_change(by, fmt::format("confirm of reload {}", id), {});
    return id;
}

/// Once a second. A reload that is under way ends first.
void ControlPlane::look_at_insurance(TimePoint now) {
    if (!insurance_.due(now) || reload_state_.phase == ReloadState::Phase::running) return;
    reload_state_ = {.id = reload_state_.id + 1, .phase = ReloadState::Phase::running, .sentences = {}};
    wish_ = {};
    taking_back_ = true;
    tell_of_reload(ConfigPhase::reading, Gravity::warning,
                   fmt::format("nobody confirmed reload {} within {}: it is taken back", insurance_.reload(),
                               duration_text(insurance_.within())));
    reloader_.start_with(insurance_.before(), config_, numbers_);
}

void ControlPlane::finish_taking_back() {
    taking_back_ = false;
    taken_back_ = insurance_.reload();
    for (PutSource& source : insurance_.take_lost()) lost_sources_.push_back(std::move(source));
    auto sentence = fmt::format(
        "reload {} is taken back: the configuration from before it is in force again; the file still says "
        "what was taken back",
        taken_back_);
    insurance_.end();
    note_change({}, fmt::format("reload {} taken back", taken_back_), std::move(changes_));
    tell_of_reload(ConfigPhase::taken_back, Gravity::warning, sentence);
    reload_state_.sentences.push_back(std::move(sentence));
}

/// Those of lists that were gone meanwhile. What lapsed in that time, or is taken out again, stays out.
void ControlPlane::put_lost_sources_back(TimePoint now) {
    for (std::size_t i = 0; i < sources_a_turn && !lost_sources_.empty(); ++i) {
        const PutSource source = std::move(lost_sources_.front());
        lost_sources_.pop_front();
        std::optional<Milliseconds> lifetime;
        if (source.until) lifetime = *source.until - now;
        if (lifetime && *lifetime <= Milliseconds{0}) continue;
        const auto added = source.origin == Origin::by_operator
                               ? list_add(source.list, source.prefix, lifetime, now)
                               : lists_.add(source.list, source.prefix, lifetime, source.origin, now);
        if (added) continue;
        events_.publish(
            ListChanged{.action = ListAction::refused,
                        .list = source.list,
                        .source = source.prefix,
                        .told = {Gravity::error, fmt::format("list {}: {}", source.list, added.error())}});
    }
}

}  // namespace honeyswitch::control
