// Keeps the settings of interfaces that are ports as they must be, while the switch runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/system/descriptor.hpp"
#include "dataplane/eal/kernel_settings.hpp"
#include "dataplane/eal/port.hpp"

namespace honeyswitch::control {

class PortKeeper {
  public:
    /// Control thread. Those of the ports that are interfaces of the kernel, as they are set now.
    explicit PortKeeper(std::span<const dataplane::Port> ports);

    /// Control thread, never waits: an interface is to be set up or down, which `make_links` does.
    void want_link(const std::string& interface, bool up);
    /// Readable when there is something to do for `make_links`.
    [[nodiscard]] int wanted() const { return wanted_.get(); }
    /// PortGuard's thread, or the control thread when that has ended. What fails is told by `take`.
    void make_links();
    /// PortGuard's thread: makes again what somebody has changed. It may take long, as the kernel makes a
    /// setting under a lock that others may hold for seconds.
    void look();
    /// Control thread: the sentences to log since the last time. Never waits.
    [[nodiscard]] std::vector<std::string> take();
    /// How many times something was changed by others.
    [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }

  private:
    std::vector<dataplane::KernelSettings> settings_;  ///< PortGuard's thread
    Descriptor wanted_;                                ///< an eventfd
    std::mutex making_;                                ///< held by `make_links`, so that the latest wish wins
    std::mutex mutex_;                                 ///< of what follows
    std::vector<std::pair<std::string, bool>> links_;  ///< that are to be set
    std::vector<std::string> told_;
    std::atomic<std::uint64_t> changes_{0};
};

}  // namespace honeyswitch::control
