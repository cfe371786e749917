#include "control/process/diversion_control.hpp"

#include <utility>

namespace honeyswitch::control {

bool DiversionControl::observes() const {
    return modes_.diverting == dataplane::Diverting::nothing;
}

void DiversionControl::configure(const dataplane::ModeSettings& modes) {
    modes_ = modes;
    put_in_force();
    tell_of_mode();
}

/// What honeypots may do of their own accord is nothing that runs: it ends with the beginning of maintenance.
void DiversionControl::put_in_force() {
    auto modes = modes_;
    if (maintenance_) {
        if (!observes()) modes.diverting = dataplane::Diverting::running;
        modes.open_containment = modes.limited_containment = false;
    }
    controller_.set_begins_nothing(maintenance_ && !observes());
    switch_.set_modes(modes);
}

void DiversionControl::tell_of_mode() {
    if (std::exchange(observe_told_, observes()) == observes()) return;
    if (observes())
        return events_.publish(
            ModeChanged{.mode = ModeWord::observe,
                        .told = {Gravity::warning,
                                 "mode observe: nothing is diverted or dropped; all is decided, counted and "
                                 "recorded as it would be"}});
    events_.publish(
        ModeChanged{.mode = ModeWord::divert, .told = {.text = "mode divert: packets are diverted"}});
}

std::expected<void, std::string> DiversionControl::set_maintenance(bool on, std::string_view who,
                                                                   TimePoint now) {
    if (on == maintenance_.has_value())
        return std::unexpected(on ? "there is maintenance already, begun by " + who_
                                  : "there is no maintenance");
    maintenance_ = on ? std::optional(now) : std::nullopt;
    who_ = on ? who : std::string_view();
    passing_told_ = false;
    put_in_force();
    return {};
}

void DiversionControl::tick() {
    if (!maintenance_ || passing_told_ || observes() || switch_.flows().session_count() != 0) return;
    passing_told_ = true;
    events_.publish(
        ModeChanged{.mode = ModeWord::passing,
                    .told = {.text = "maintenance: the last session has ended, and everything passes"}});
}

DiversionState DiversionControl::state() const {
    return {.mode = observes() ? DiversionMode::observe : DiversionMode::divert,
            .maintenance = maintenance_,
            .who = who_,
            .sessions = switch_.flows().session_count()};
}

}  // namespace honeyswitch::control
