// Whether packets are diverted at the moment: what the head of every table says when it is not as usual.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>

#include "base/clock.hpp"
#include "base/columns.hpp"
#include "control/config/config.hpp"

namespace honeyswitch::control {

struct DiversionState {
    DiversionMode mode = DiversionMode::divert;  ///< of the configuration
    std::optional<TimePoint> maintenance{};      ///< since when; none: there is none
    std::string who{};                           ///< began it: "uid 1000, pid 4242"
    std::uint32_t sessions = 0;

    [[nodiscard]] bool usual() const { return mode == DiversionMode::divert && !maintenance; }

    static constexpr auto columns() {
        return std::tuple{
            Column{"mode", &DiversionState::mode, "Whether anything is diverted, as configured."},
            Column{"maintenance_ms", &DiversionState::maintenance, "For how long there is maintenance."},
            Column{"who", &DiversionState::who, "Who began it."},
            Column{"sessions", &DiversionState::sessions, "Sessions that still run."},
        };
    }
};

}  // namespace honeyswitch::control
