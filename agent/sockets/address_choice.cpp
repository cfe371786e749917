#include "agent/sockets/address_choice.hpp"

#include <algorithm>
#include <utility>

namespace honeyswitch::agent {

bool AddressChoice::wants_resolution(Clock::time_point now) {
    if (asked_ || due_ > now) return false;
    asked_ = true;
    return true;
}

std::optional<SocketAddress> AddressChoice::resolved(const std::vector<SocketAddress>& addresses,
                                                     Clock::time_point now) {
    asked_ = false;
    if (current_ && due_ > now) return std::nullopt;  // it answers after all
    // An address stays what it is.
    due_ = is_address_ ? Clock::time_point::max() : now + patience;
    reason_.clear();
    if (addresses.empty()) return std::nullopt;
    auto next = addresses.begin();
    if (current_)
        if (const auto used = std::ranges::find(addresses, *current_); used != addresses.end())
            next = std::next(used) == addresses.end() ? addresses.begin() : std::next(used);
    if (current_ && *next == *current_) return std::nullopt;
    current_ = *next;
    return current_;
}

bool AddressChoice::unresolved(const std::string& reason, Clock::time_point now) {
    asked_ = false;
    due_ = std::max(due_, now + patience / 2);
    current_.reset();
    return std::exchange(reason_, reason) != reason;
}

}  // namespace honeyswitch::agent
