// The loop of the one thread that decides: turns of the control plane, and descriptors in between.
#pragma once

#include <csignal>
#include <expected>

#include "base/system/descriptor.hpp"
#include "control/process/control_plane.hpp"
#include "control/process/port_guard.hpp"
#include "control/process/service_report.hpp"

namespace honeyswitch::control {

class ControlLoop {
  public:
    /// `signals` must be blocked in every thread: SIGHUP reloads, the others stop. `idle_wait_us`: how long
    /// to wait for a descriptor when there is nothing to do, which a Packet-In may have to wait too.
    [[nodiscard]] static std::expected<ControlLoop, Error> create(ControlPlane& control,
                                                                  const dataplane::SwitchClock& clock,
                                                                  const sigset_t& signals,
                                                                  std::uint32_t idle_wait_us);

    /// Returns the signal that asked to stop. Error: a port of the link was lost, so that only a new
    /// start can help. `service` is told of each turn.
    [[nodiscard]] std::expected<int, Error> run(const PortGuard& ports, ServiceReport& service);

  private:
    ControlLoop(ControlPlane& control, const dataplane::SwitchClock& clock, Descriptor epoll,
                Descriptor signals, std::uint32_t idle_wait_us)
        : control_(&control),
          clock_(clock),
          epoll_(std::move(epoll)),
          signals_(std::move(signals)),
          idle_wait_us_(idle_wait_us) {}

    [[nodiscard]] TimePoint now() const;
    void handle_descriptors(bool idle, TimePoint now);
    void read_signal();

    ControlPlane* control_;
    dataplane::SwitchClock clock_;
    Descriptor epoll_;
    Descriptor signals_;
    std::uint32_t idle_wait_us_;
    unsigned busy_turns_ = 0;
    std::uint32_t given_up_ = 0;  ///< ports, a bit for each
    int stop_signal_ = 0;
};

}  // namespace honeyswitch::control
