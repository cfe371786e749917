// Whether packets are diverted: what the configuration says, and maintenance, which is the operator's.
//
// Maintenance begins nothing new and lets run what runs; when the last session has ended everything passes.
// It outlives reloads and ends with the process: what a start does, the configuration alone says. In observe
// mode nothing is diverted anyhow, and maintenance is remembered for the time after it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "control/controller/controller.hpp"
#include "control/dpdk/dpdk_switch.hpp"
#include "control/events/event_bus.hpp"
#include "control/inspect/diversion_state.hpp"

namespace honeyswitch::control {

/// Control thread.
class DiversionControl {
  public:
    /// All of them outlive this.
    DiversionControl(DpdkSwitch& the_switch, Controller& controller, EventBus& events)
        : switch_(the_switch), controller_(controller), events_(events) {}

    /// At a start, and of a reload: what workers are told beside the tables, by the configuration.
    void configure(const dataplane::ModeSettings& modes);

    /// `who`: as in the log. Errors (a sentence): it is so already.
    [[nodiscard]] std::expected<void, std::string> set_maintenance(bool on, std::string_view who,
                                                                   TimePoint now);
    /// In each turn: tells when the last session has ended.
    void tick();

    [[nodiscard]] DiversionState state() const;

  private:
    [[nodiscard]] bool observes() const;
    void put_in_force();
    void tell_of_mode();

    DpdkSwitch& switch_;
    Controller& controller_;
    EventBus& events_;
    dataplane::ModeSettings modes_{};  ///< as configured
    bool observe_told_ = false;
    std::optional<TimePoint> maintenance_;
    std::string who_;
    bool passing_told_ = false;
};

}  // namespace honeyswitch::control
