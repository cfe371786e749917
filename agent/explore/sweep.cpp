#include "agent/explore/sweep.hpp"

#include <algorithm>

namespace honeyswitch::agent {

Sweep::Sweep(Ipv4Prefix domain, const SweepOptions& options, Random random)
    : domain_(domain),
      options_(options),
      random_(std::move(random)),
      period_(std::chrono::nanoseconds(std::chrono::seconds(1)) / options.rate),
      order_(32U - domain.length, random_),
      heard_(domain) {}

bool Sweep::is_usable(Ipv4Prefix domain, Ipv4Address address) {
    if (!domain.contains(address)) return false;
    return domain.length >= 31 || (address != domain.network && address != domain.last());
}

void Sweep::begin(Clock::time_point now) {
    order_ = Permutation(32U - domain_.length, random_);
    heard_.clear();
    running_ = true;
    failed_ = waiting_ = false;
    pass_ = index_ = heard_before_ = 0;
    began_ = due_ = now;
}

std::optional<Ipv4Address> Sweep::next(Clock::time_point now, const Retry& retry) {
    if (!running_ || due_ > now) return std::nullopt;
    if (waiting_) {
        if (!wants_another_pass()) return std::nullopt;  // finish() is next
        waiting_ = false;
        ++pass_;
        index_ = 0;
        heard_before_ = heard_.count();
    }
    while (index_ < domain_.size()) {
        const Ipv4Address address{domain_.network.value + order_(index_++)};
        if (!is_usable(domain_, address)) continue;
        if (pass_ > 0 && (heard_.contains(address) || !retry(address))) continue;
        due_ = std::max(due_, now - max_burst) + period_;
        return address;
    }
    waiting_ = true;
    due_ = now + options_.patience;
    return std::nullopt;
}

bool Sweep::wants_another_pass() const {
    if (pass_ < options_.retries) return true;
    return pass_ > 0 && heard_.count() > heard_before_ && pass_ < options_.retries + max_extra_passes;
}

bool Sweep::finish(Clock::time_point now) {
    if (!running_ || !waiting_ || due_ > now || wants_another_pass()) return false;
    running_ = false;
    // Still one in a hundred was new in the last pass of all: others are missing.
    if (pass_ > options_.retries && (heard_.count() - heard_before_) * 100 > heard_.count()) fail();
    return true;
}

}  // namespace honeyswitch::agent
