// An output with a thread of its own and a queue before it, so that a slow or hanging disk never keeps the
// events of others, or of the switch, from being read.
//
// The queue is bounded: what finds no room is counted, and a gap stands in its place once there is room.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "tools/honeyrecord/event/event.hpp"

namespace honeyswitch::record {

/// What is written to. All calls come from its outlet's thread.
class Output {
  public:
    virtual ~Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    virtual void write(std::span<const EventPointer> events, WallTime now) = 0;
    /// About once a second, also when nothing is written.
    virtual void tick(WallTime now) = 0;

  protected:
    Output() = default;
};

class Outlet {
  public:
    /// `capacity`: events that may wait. `output` must outlive it.
    Outlet(Output& output, std::size_t capacity);
    /// Ends when all that waits was written.
    ~Outlet();
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    /// Any thread; never waits for the output.
    void push(EventPointer event);
    /// `work` is done by the outlet's thread, after what waits now.
    void post(std::function<void()> work);
    /// Events that found no room since the start.
    [[nodiscard]] std::uint64_t overrun() const;
    [[nodiscard]] std::size_t waiting() const;

  private:
    void run();
    /// Waits for something to do, a second at most. False: it is over, and nothing waits.
    [[nodiscard]] bool take(std::vector<EventPointer>& events, std::vector<std::function<void()>>& work);

    Output& output_;
    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<EventPointer> queue_;
    std::vector<std::function<void()>> work_;
    std::uint64_t missed_ = 0;   ///< since the latest gap
    std::uint64_t overrun_ = 0;  ///< in all
    bool stopping_ = false;
    std::thread thread_;  // the last, as it uses the others
};

}  // namespace honeyswitch::record
