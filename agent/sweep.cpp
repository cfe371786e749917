#include "agent/sweep.hpp"

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

void Sweep::begin(TimePoint now) {
    order_ = Permutation(32U - domain_.length, random_);
    heard_.clear();
    running_ = true;
    failed_ = waiting_ = false;
    pass_ = index_ = 0;
    began_ = due_ = now;
}

std::optional<Ipv4Address> Sweep::next(TimePoint now, const Retry& retry) {
    if (!running_ || due_ > now) return std::nullopt;
    if (waiting_) {
        if (pass_ == options_.retries) return std::nullopt;  // finish() is next
        waiting_ = false;
        ++pass_;
        index_ = 0;
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

bool Sweep::finish(TimePoint now) {
    if (!running_ || !waiting_ || pass_ < options_.retries || due_ > now) return false;
    running_ = false;
    return true;
}

}  // namespace honeyswitch::agent
