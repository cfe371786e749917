#include "agent/explore/sender.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace honeyswitch::agent {

Sender::Sender(std::optional<Ipv4Address> configured, Random random)
    : configured_(configured), random_(std::move(random)) {}

Clock::duration Sender::random_time(Clock::duration least, Clock::duration most) const {
    return least + (most - least) / 1000 * (random_() % 1001);
}

void Sender::claim(Clock::time_point now) {
    if (!configured_) return;
    state_ = State::claiming;
    probes_ = 0;
    due_ = now + random_time(Clock::duration(0), probe_wait);
}

void Sender::release() {
    state_ = State::released;
    due_ = Clock::time_point::max();
}

void Sender::frames_lost(Clock::time_point now) {
    if (state_ == State::claiming) claim(now);
}

void Sender::heard(const ArpFrame& frame, Clock::time_point arrived) {
    if (!configured_ || state_ == State::released) return;
    if (frame.sender != *configured_ && !(frame.is_probe() && frame.target == *configured_)) return;
    state_ = State::taken;
    other_ = frame.sender_mac;
    due_ = arrived + random_time(patience, patience + patience / 10);
}

void Sender::tick(Clock::time_point now, const Probe& probe) {
    if (due_ > now) return;
    if (state_ == State::taken) {
        claim(now);
    } else if (probes_ < probe_count) {
        if (probe(*configured_)) ++probes_;
        due_ = now + (probes_ < probe_count ? random_time(probe_min, probe_max) : announce_wait);
    } else {
        // The requests themselves announce it; there is no other traffic from it or to it.
        state_ = State::held;
        due_ = Clock::time_point::max();
    }
}

Clock::time_point Sender::due() const {
    return due_;
}

std::optional<Ipv4Address> Sender::address() const {
    const bool own = configured_ && std::ranges::find(own_, *configured_) != own_.end();
    if (!own_.empty()) return own ? *configured_ : own_.front();
    return state_ == State::held ? configured_ : std::nullopt;
}

std::string Sender::reason() const {
    if (!configured_)
        return "the interface has no address in the domain, and no sender is configured: the agent listens, "
               "asks nobody and declares nothing";
    if (state_ == State::taken)
        return fmt::format("{} is used by {}: the agent gives it up, listens and asks nobody",
                           to_string(*configured_), to_string(other_));
    return fmt::format("the agent probes for {} before it asks in its name", to_string(*configured_));
}

}  // namespace honeyswitch::agent
