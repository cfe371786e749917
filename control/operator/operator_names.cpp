#include "control/operator/operator_names.hpp"

namespace honeyswitch::control {

std::string_view name_of(DomainState state) {
    switch (state) {
        case DomainState::unknown:
            return "unknown";
        case DomainState::known:
            return "known";
        case DomainState::dark:
            return "dark";
    }
    return "";
}

std::string_view name_of(HoneypotState state) {
    switch (state) {
        case HoneypotState::unknown:
            return "unknown";
        case HoneypotState::up:
            return "up";
        case HoneypotState::down:
            return "down";
    }
    return "";
}

std::string_view name_of(DiversionMode mode) {
    switch (mode) {
        case DiversionMode::divert:
            return "divert";
        case DiversionMode::observe:
            return "observe";
    }
    return "";
}

std::string_view name_of(Containment containment) {
    switch (containment) {
        case Containment::session:
            return "session";
        case Containment::limited:
            return "limited";
        case Containment::open:
            return "open";
    }
    return "";
}

std::string_view name_of(Admission admission) {
    switch (admission) {
        case Admission::automatic:
            return "auto";
        case Admission::first_packet:
            return "first-packet";
        case Admission::handshake:
            return "handshake";
    }
    return "";
}

std::string_view name_of(ReloadState::Phase phase) {
    switch (phase) {
        case ReloadState::Phase::none:
            return "none";
        case ReloadState::Phase::running:
            return "running";
        case ReloadState::Phase::done:
            return "done";
        case ReloadState::Phase::refused:
            return "refused";
    }
    return "";
}

std::string_view name_of(dataplane::Step step) {
    return dataplane::step_names.at(static_cast<std::size_t>(step));
}

}  // namespace honeyswitch::control
