#include "control/lists/failure_counter.hpp"

#include <algorithm>

namespace honeyswitch::control {
namespace {

/// Later the same port is another connection's: sshd's LoginGraceTime, unless configured otherwise.
constexpr Milliseconds longest_login{120'000};

}  // namespace

FailureCounter::FailureCounter(unsigned failures, Milliseconds window, std::size_t capacity)
    : failures_(std::max(failures, 1U)), window_(window), capacity_(std::max(capacity, failures_)) {}

bool FailureCounter::add(const FailedLogin& login, TimePoint now) {
    auto& source = latest(login.address);
    size_ -= source.failures.size();
    std::erase_if(source.failures, [&](const Failure& failure) { return failure.at + window_ <= now; });
    note(source, login, now);
    size_ += source.failures.size();
    if (source.failures.size() >= failures_) {
        forget(login.address);
        return true;
    }
    while (size_ > capacity_) forget(order_.front());
    return false;
}

FailureCounter::Source& FailureCounter::latest(Ipv4Address address) {
    const auto [found, is_new] = sources_.try_emplace(address);
    auto& source = found->second;
    if (is_new)
        source.place = order_.insert(order_.end(), address);
    else
        order_.splice(order_.end(), order_, source.place);
    return source;
}

void FailureCounter::note(Source& source, const FailedLogin& login, TimePoint now) {
    const auto same = std::ranges::find_if(source.failures, [&](const Failure& failure) {
        return failure.port == login.port && failure.at + longest_login > now;
    });
    const bool known = same != source.failures.end();
    if (login.once_per_connection) {
        if (!known) source.failures.push_back({now, login.port, true});
        return;
    }
    // The connection was counted by a line that came before its first password: they are one failure.
    if (known && same->connection) source.failures.erase(same);
    const auto room = failures_ - std::min(source.failures.size(), failures_);
    source.failures.insert(source.failures.end(), std::min<std::size_t>(login.times, room),
                           {now, login.port, false});
}

void FailureCounter::forget(Ipv4Address address) {
    const auto found = sources_.find(address);
    size_ -= found->second.failures.size();
    order_.erase(found->second.place);
    sources_.erase(found);
}

}  // namespace honeyswitch::control
