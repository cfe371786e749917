// What a reload would change, who changed what, and what the switch does at the moment.
#include <chrono>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "control/compose/ports_part.hpp"
#include "control/process/control_plane.hpp"

namespace honeyswitch::control {
namespace {

std::string_view words_of(const DiversionState& state) {
    if (state.mode == DiversionMode::observe) return "observing: all is decided, and nothing is diverted";
    if (state.maintenance) return "in maintenance: nothing new is diverted";
    return "packets are diverted";
}

/// "2026-11-27T03:40:00.123Z"
std::string time_text() {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), (now - seconds).count());
}

}  // namespace

std::string ControlPlane::in_words() const {
    std::string words = fmt::format("forwarding, {}", words_of(diversion_.state()));
    const auto names = port_names(config_);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (links_.policy().holds(i)) words += fmt::format("; link_state holds {} down", names[i].full());
    if (insurance_.pending()) words += fmt::format("; reload {} waits to be confirmed", insurance_.reload());
    return words;
}

std::expected<std::uint64_t, std::string> ControlPlane::compare() {
    if (reloader_.comparing())
        return std::unexpected(
            "a comparison is running already, and there is one at a time: ask again when it has ended");
    comparison_ = {.id = comparison_.id + 1, .phase = ReloadState::Phase::running, .sentences = {}};
    reloader_.compare(config_, numbers_);
    return comparison_.id;
}

void ControlPlane::finish_comparison() {
    auto found = reloader_.take_comparison();
    if (!found) return;
    comparison_.phase = found->refused ? ReloadState::Phase::refused : ReloadState::Phase::done;
    comparison_.sentences = std::move(found->sentences);
    differences_ = std::move(found->differences);
}

void ControlPlane::note_change(const Asker& by, std::string_view command, std::vector<std::string> changes) {
    history_.put({.time = time_text(),
                  .uid = by.uid,
                  .pid = by.pid,
                  .command = std::string(command),
                  .changes = std::move(changes)});
}

}  // namespace honeyswitch::control
