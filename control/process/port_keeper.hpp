// Keeps the settings of interfaces that are ports as they must be, while the switch runs. It has a thread of
// its own: the kernel makes a setting under a lock that others may hold for seconds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "dataplane/eal/kernel_settings.hpp"
#include "dataplane/eal/port.hpp"

namespace honeyswitch::control {

class PortKeeper {
  public:
    /// Control thread. Looks at those of the ports that are interfaces of the kernel, once a second.
    explicit PortKeeper(std::span<const dataplane::Port> ports);

    /// Control thread: the sentences to log since the last time. Never waits.
    [[nodiscard]] std::vector<std::string> take();
    /// How many times something was changed by others.
    [[nodiscard]] std::uint64_t changes() const { return changes_.load(std::memory_order_relaxed); }

  private:
    void run(const std::stop_token& stop);

    std::vector<dataplane::KernelSettings> settings_;
    std::mutex mutex_;  ///< of `told_`
    std::vector<std::string> told_;
    std::atomic<std::uint64_t> changes_{0};
    std::condition_variable_any stopped_;
    std::jthread thread_;  ///< the last member: it ends before the others go
};

}  // namespace honeyswitch::control
