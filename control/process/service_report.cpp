#include "control/process/service_report.hpp"

#include <ctime>
#include <utility>

#include <fmt/format.h>

namespace honeyswitch::control {
namespace {

/// Of an interval: sd_watchdog_enabled(3) asks for two, and a turn may be late.
constexpr int feeds_in_an_interval = 3;

std::optional<Milliseconds> feeding_of(const ServiceManager& manager) {
    const auto interval = manager.watchdog();
    if (!interval) return std::nullopt;
    return std::chrono::duration_cast<Milliseconds>(*interval / feeds_in_an_interval);
}

/// As systemd asks for it with RELOADING=1 (sd_notify(3)).
std::int64_t monotonic_us() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    constexpr std::int64_t a_second = 1'000'000, ns_a_us = 1'000;
    return time.tv_sec * a_second + time.tv_nsec / ns_a_us;
}

}  // namespace

ServiceReport::ServiceReport(ServiceManager manager, dataplane::Quiescence& grace, unsigned workers)
    : manager_(std::move(manager)),
      grace_(grace),
      workers_(workers),
      between_feeds_(feeding_of(manager_)),
      since_(grace.start()) {}

/// What does not arrive is told again, but not at each turn.
bool ServiceReport::tell(const std::string& lines, TimePoint now) {
    constexpr Milliseconds between_tries{1'000};
    if (not_heard_ && now - *not_heard_ < between_tries) return false;
    const bool heard = manager_.tell(lines);
    not_heard_ = heard ? std::nullopt : std::optional(now);
    return heard;
}

void ServiceReport::look_at_progress(TimePoint now) {
    const bool due = !ready_ || (between_feeds_ && now - fed_ >= *between_feeds_);
    if (!due || !grace_.passed_by_all(workers_, since_)) return;
    // The first time shows that all of them run, the second time that each has taken a turn.
    if (!std::exchange(all_run_, true)) {
        since_ = grace_.start();
        return;
    }
    if (!tell(ready_ ? "WATCHDOG=1" : "READY=1", now)) return;
    ready_ = true;
    fed_ = now;
    since_ = grace_.start();
}

void ServiceReport::tell_of_reload(bool reloading, TimePoint now) {
    if (reloading == reloading_) return;
    const auto lines =
        reloading ? fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_us()) : std::string("READY=1");
    if (tell(lines, now)) reloading_ = reloading;
}

void ServiceReport::tell_in_words(std::string words, TimePoint now) {
    if (words_ == words || !tell("STATUS=" + words, now)) return;
    words_ = std::move(words);
}

}  // namespace honeyswitch::control
