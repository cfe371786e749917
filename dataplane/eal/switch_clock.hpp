// The switch's clock: milliseconds since the process started, from the time stamp counter.
#pragma once

#include <atomic>
#include <cstdint>

#include <rte_cycles.h>

namespace honeyswitch::dataplane {

/// Copied freely; every copy shows the same time.
class SwitchClock {
  public:
    SwitchClock() : start_(rte_rdtsc()), scale_((std::uint64_t{1000} << 40) / rte_get_tsc_hz()) {}

    [[nodiscard]] std::uint64_t now_ms() const {
        __extension__ using Wide = unsigned __int128;
        return static_cast<std::uint64_t>(static_cast<Wide>(rte_rdtsc() - start_) * scale_ >> 40);
    }

  private:
    std::uint64_t start_;
    std::uint64_t scale_;  ///< milliseconds per cycle, times 2^40
};

/// The control thread's sign of life, for the workers.
class alignas(64) Heartbeat {
  public:
    void beat(std::uint64_t now_ms) { at_.store(now_ms, std::memory_order_relaxed); }
    [[nodiscard]] bool silent_for(std::uint64_t now_ms, std::uint32_t timeout_ms) const {
        return now_ms > at_.load(std::memory_order_relaxed) + timeout_ms;
    }

  private:
    /// In 64 bits: one that stays silent never seems alive again.
    std::atomic<std::uint64_t> at_{0};
};

}  // namespace honeyswitch::dataplane
