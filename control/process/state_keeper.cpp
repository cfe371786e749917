#include "control/process/state_keeper.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/system/replaced_file.hpp"

namespace honeyswitch::control {
namespace {

/// By so many prefixes a campus is told from another.
constexpr std::size_t most_campus_prefixes = 8'192;

class RulesOfToday final : public AnywayDiverted {
  public:
    explicit RulesOfToday(const dataplane::DataPlane& plane) : plane_(plane) {}

    [[nodiscard]] bool diverts_anyway(const SessionKey& key) const override {
        const auto& classifier = plane_.classifier().get();
        if (!classifier.has_rules() && !plane_.sources().holds_any()) return false;
        const std::array listing{plane_.sources().find(key.outside.host())};
        std::array<Judgement, 1> judgement;
        classifier.judge({&key, 1}, listing, judgement);
        return judgement.front().verdict == Judgement::Verdict::divert;
    }

  private:
    const dataplane::DataPlane& plane_;
};

std::string_view word_of(StateRefused::Why why) {
    switch (why) {
        case StateRefused::Why::newer:
            return "newer";
        case StateRefused::Why::other_campus:
            return "other-campus";
        case StateRefused::Why::unreadable:
        case StateRefused::Why::broken:
            return "broken";
    }
    return "broken";
}

}  // namespace

StateKeeper::StateKeeper(const Parts& parts, std::filesystem::path file, StateConfig config)
    : parts_(parts), file_(std::move(file)), config_(std::move(config)) {
    if (file_.empty()) return;
    saving_ = std::make_unique<Saving>(file_, parts_.the_switch.flows(), parts_.controller);
}

void StateKeeper::restore(WallMilliseconds wall, TimePoint now) {
    if (!keeps()) return;
    auto opened = FileSource::open(file_);
    if (!opened) return set_aside_as("broken", opened.error());
    auto source = std::move(*opened);
    if (source) put_back(*source, wall, now);
}

void StateKeeper::put_back(ByteSource& source, WallMilliseconds wall, TimePoint now) {
    const RulesOfToday rules(parts_.plane);
    const auto restored = restore_state(source, parts_.controller, config_.places, rules, wall, now);
    if (!restored) return set_aside_as(word_of(restored.error().why), restored.error().reason);
    for (const auto& [honeypot, mac] : restored->honeypots) parts_.honeypots.restore_mac(honeypot, mac);
    parts_.honeypots.sessions_are_back();
    parts_.events.publish(StateChanged{.state = StateWord::restored,
                                       .file = file_.string(),
                                       .sessions = restored->totals.sessions,
                                       .lost = restored->lost_sessions(),
                                       .told = {.text = restored_text(*restored)}});
}

/// What cannot be renamed is left there, and is replaced by the next file.
void StateKeeper::set_aside_as(std::string_view word, const std::string& reason) {
    parts_.events.publish(StateChanged{
        .state = StateWord::set_aside,
        .file = file_.string(),
        .told = {Gravity::error, fmt::format("restart: sessions of before are lost: {}: {}; it is {}",
                                             file_.string(), reason, set_aside(file_, word))}});
}

StateNames StateKeeper::names() const {
    StateNames names;
    for (unsigned i = 0; i < limits::honeypots; ++i) {
        const auto number = static_cast<dataplane::HoneypotIndex>(i);
        auto name = parts_.numbers.honeypot(HoneypotId{number});
        if (name.empty()) continue;
        SavedName saved{.number = i, .name = std::move(name)};
        if (const auto address = parts_.plane.honeypots().address(number))
            saved.mac = MacAddress{address->mac()};
        names.honeypots.push_back(std::move(saved));
    }
    for (const auto& [name, number] : config_.places.links) names.links.push_back({number, name});
    for (std::uint32_t i = 0; i < parts_.notices.agent_ids(); ++i)
        names.agents.push_back({i, parts_.notices.name_of(AgentId{i})});
    const auto& campus = config_.places.campus;
    names.campus.assign(campus.begin(), campus.begin() + static_cast<std::ptrdiff_t>(
                                                             std::min(campus.size(), most_campus_prefixes)));
    return names;
}

void StateKeeper::begin(WallMilliseconds wall, TimePoint now) {
    begun_ = now;
    under_way_ = true;
    saving_->saver.begin({.saved_at = wall, .observing = config_.places.observing}, names(), now);
}

/// The interval begins with the end of the file before, so that a slow disk is not written to all the time.
/// The first one comes at once: it shows whether there can be any.
void StateKeeper::tick(WallMilliseconds wall, TimePoint now) {
    if (!saving_) return;
    take_results(now);
    if (saving_->saver.running()) return saving_->saver.step(now);
    const bool due = !ended_ || now - *ended_ >= config_.save_interval;
    if (due && keeps() && !under_way_) begin(wall, now);
}

void StateKeeper::take_results(TimePoint now) {
    while (const auto written = saving_->writer.take()) {
        tell_of(*written, now);
        under_way_ = false;
        ended_ = now;
    }
}

/// Once that it fails, and once that it goes again.
void StateKeeper::tell_of(const StateWritten& written, TimePoint now) {
    const bool failed = !written.failure.empty();
    if (!failed)
        saved_ = StateSaved{.at = begun_,
                            .took = now - begun_,
                            .sessions = saving_->saver.totals().sessions,
                            .bytes = written.bytes};
    if (std::exchange(failing_, failed) == failed) return;
    parts_.events.publish(StateChanged{
        .state = failed ? StateWord::unsaved : StateWord::saved,
        .file = file_.string(),
        .told = {failed ? Gravity::error : Gravity::information,
                 failed ? fmt::format("sessions cannot be saved: {}; a restart forgets them, until they can",
                                      written.failure)
                        : fmt::format("sessions are saved again: {}", file_.string())}});
}

void StateKeeper::save_all(WallMilliseconds wall, TimePoint now) {
    if (!keeps()) return;
    constexpr std::chrono::milliseconds short_while{1};
    begin(wall, now);
    while (saving_->saver.running()) {
        if (!saving_->writer.has_room()) std::this_thread::sleep_for(short_while);
        saving_->saver.step(now);
    }
    bool saved = false;
    while (const auto written = saving_->writer.take(true)) {
        tell_of(*written, now);
        saved = written->failure.empty();
    }
    if (!saved) return;
    parts_.events.publish(
        StateChanged{.state = StateWord::saved,
                     .file = file_.string(),
                     .sessions = saving_->saver.totals().sessions,
                     .told = {.text = fmt::format("{} sessions are saved for the next start",
                                                  saving_->saver.totals().sessions)}});
}

}  // namespace honeyswitch::control
