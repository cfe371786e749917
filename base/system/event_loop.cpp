#include "base/system/event_loop.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/epoll.h>
#include <sys/timerfd.h>

namespace honeyswitch {

std::expected<EventLoop, Error> EventLoop::create() {
    Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    // std::chrono::steady_clock is CLOCK_MONOTONIC.
    Descriptor timer(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    if (!epoll || !timer) return std::unexpected(Error{"make", "an event loop", std::strerror(errno)});
    EventLoop loop(std::move(epoll), std::move(timer));
    const int descriptor = loop.timer_.get();
    const auto drain = [descriptor] {
        std::uint64_t expirations = 0;
        (void)!read(descriptor, &expirations, sizeof expirations);
    };
    if (const auto added = loop.add(descriptor, drain); !added) return std::unexpected(added.error());
    return loop;
}

std::expected<void, Error> EventLoop::add(int descriptor, Handler handler) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
        return std::unexpected(Error{"watch", "a descriptor", std::strerror(errno)});
    handlers_[descriptor] = std::move(handler);
    return {};
}

void EventLoop::remove(int descriptor) {
    (void)epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr);
    handlers_.erase(descriptor);
}

Clock::time_point EventLoop::wait(Clock::time_point due) {
    using std::chrono::duration_cast, std::chrono::nanoseconds, std::chrono::seconds;
    itimerspec setting{};
    if (due != Clock::time_point::max()) {
        // 0 would disarm the timer.
        const auto since =
            std::max<nanoseconds>(duration_cast<nanoseconds>(due.time_since_epoch()), nanoseconds(1));
        setting.it_value.tv_sec = duration_cast<seconds>(since).count();
        setting.it_value.tv_nsec = (since % seconds(1)).count();
    }
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &setting, nullptr);
    std::array<epoll_event, 32> events;
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
    const auto ended = Clock::now();
    for (int i = 0; i < count; ++i) {
        const auto handler = handlers_.find(events.at(static_cast<std::size_t>(i)).data.fd);
        if (handler == handlers_.end()) continue;
        const auto call = handler->second;  // which may remove itself
        call();
    }
    return ended;
}

}  // namespace honeyswitch
