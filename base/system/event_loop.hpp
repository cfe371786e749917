// Waits for descriptors and for a point in time (epoll, timerfd): nothing in the agent sleeps or polls.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch {

class EventLoop {
  public:
    [[nodiscard]] static std::expected<EventLoop, Error> create();

    using Handler = std::function<void()>;
    /// Calls `handler` whenever `descriptor` can be read.
    [[nodiscard]] std::expected<void, Error> add(int descriptor, Handler handler);
    /// Before the descriptor is closed.
    void remove(int descriptor);

    /// Waits until something can be read or `due` has come, and calls the handlers. Returns the time when the
    /// waiting ended: whatever could be read by then has been handled.
    Clock::time_point wait(Clock::time_point due);

  private:
    EventLoop(Descriptor epoll, Descriptor timer) : epoll_(std::move(epoll)), timer_(std::move(timer)) {}

    Descriptor epoll_, timer_;
    std::map<int, Handler> handlers_;
};

}  // namespace honeyswitch
