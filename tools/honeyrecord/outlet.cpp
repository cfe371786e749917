#include "tools/honeyrecord/outlet.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/clock.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

/// Events that are written at once.
constexpr std::size_t batch = 8192;

}  // namespace

Outlet::Outlet(Output& output, std::size_t capacity)
    : output_(output), capacity_(capacity), thread_([this] { run(); }) {}

Outlet::~Outlet() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Outlet::push(EventPointer event) {
    const std::lock_guard lock(mutex_);
    if (queue_.size() >= capacity_) {
        ++missed_;
        ++overrun_;
        return;
    }
    queue_.push_back(std::move(event));
    if (queue_.size() == 1) changed_.notify_one();
}

void Outlet::post(std::function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        work_.push_back(std::move(work));
    }
    changed_.notify_one();
}

std::uint64_t Outlet::overrun() const {
    const std::lock_guard lock(mutex_);
    return overrun_;
}

std::size_t Outlet::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

bool Outlet::take(std::vector<EventPointer>& events, std::vector<std::function<void()>>& work) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 1s, [&] { return stopping_ || !queue_.empty() || !work_.empty(); });
    events.clear();
    std::swap(events, queue_);
    // What was missed came after all that waits.
    if (missed_ != 0) events.push_back(gap_of(GapCause::slow, wall_now(), std::exchange(missed_, 0)));
    work.clear();
    std::swap(work, work_);
    return !stopping_ || !events.empty() || !work.empty();
}

void Outlet::run() {
    std::vector<EventPointer> events;
    std::vector<std::function<void()>> work;
    auto ticked = Clock::now();
    while (take(events, work)) {
        for (std::size_t i = 0; i < events.size(); i += batch)
            output_.write(std::span(events).subspan(i, std::min(batch, events.size() - i)), wall_now());
        events.clear();
        for (const auto& each : work) each();
        if (const auto now = Clock::now(); now - ticked >= 1s) {
            ticked = now;
            output_.tick(wall_now());
        }
        // Little at a time would be a transaction for each; a moment later there is more to write at once.
        std::this_thread::sleep_for(20ms);
    }
    output_.tick(wall_now());
}

}  // namespace honeyswitch::record
