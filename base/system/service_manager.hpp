// What the service manager that started this program (systemd) hears of it: that it is ready, what it does,
// and that it still makes progress. The protocol is sd_notify(3)'s, which is promised to stay: a datagram of
// lines to the socket that the environment names. libsystemd's function waits when that socket is full; this
// one never does, as the thread that tells is one that traffic depends on.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace honeyswitch {

class ServiceManager {
  public:
    /// There is none, and nobody is told.
    ServiceManager() = default;
    /// `address`: of its socket, a path or "@" with an abstract name. `watchdog`: it gives the program up
    /// that has not fed it for so long.
    explicit ServiceManager(std::string address, std::optional<Microseconds> watchdog = std::nullopt)
        : address_(std::move(address)), watchdog_(watchdog) {}
    /// As NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID say. Before other threads are started.
    [[nodiscard]] static ServiceManager of_environment();

    [[nodiscard]] bool is_there() const { return !address_.empty(); }
    [[nodiscard]] std::optional<Microseconds> watchdog() const { return watchdog_; }
    /// Lines like "READY=1", with '\n' between them. Never waits. False: it was not delivered.
    [[nodiscard]] bool tell(std::string_view lines) const;

  private:
    std::string address_;
    std::optional<Microseconds> watchdog_;
};

}  // namespace honeyswitch
