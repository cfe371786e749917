// One piece of work on a thread of its own, while the thread that wants it goes on.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>

#include <sys/resource.h>
#include <unistd.h>

namespace honeyswitch::control {

/// When the work may have a CPU. Its thread shares the one of whoever starts it.
enum class Precedence : std::uint8_t {
    ordinary,
    /// Less of it than others have (nice). Not SCHED_IDLE: stopped within a lock of DPDK's memory, it would
    /// keep the control thread from that for as long as others want the CPU.
    low,
};

/// Of one thread, but for the work itself. Ends only after the work.
template <typename Result>
class Aside {
  public:
    [[nodiscard]] bool running() const { return thread_.joinable(); }
    /// `work`: makes a Result, of nothing that anybody else may change. Precondition: not running.
    template <typename Work>
    void start(Work work, Precedence precedence = Precedence::ordinary) {
        done_ = false;
        thread_ = std::jthread([this, work = std::move(work), precedence] {
            if (precedence == Precedence::low) give_way();
            result_ = work();
            done_.store(true, std::memory_order_release);
        });
    }
    /// What came of it, once.
    [[nodiscard]] std::optional<Result> take() {
        if (!running() || !done_.load(std::memory_order_acquire)) return std::nullopt;
        thread_.join();
        thread_ = {};
        return std::exchange(result_, std::nullopt);
    }

  private:
    /// Of this thread alone, as Linux has it. It may always be lowered.
    static void give_way() {
        constexpr int a_tenth = 10;  // of what an ordinary thread has beside it
        (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), a_tenth);
    }

    std::optional<Result> result_;  ///< written by the thread before it sets `done_`
    std::atomic<bool> done_{false};
    std::jthread thread_;
};

}  // namespace honeyswitch::control
