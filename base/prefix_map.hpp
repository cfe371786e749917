// Values by prefix, asked for what lies around a prefix or within it. What an operation costs grows with what
// it finds and with the 33 lengths that there are, not with the number of prefixes.
#pragma once

#include <bitset>
#include <cstddef>
#include <map>
#include <utility>

#include "base/address.hpp"

namespace honeyswitch {

template <typename Value>
class PrefixMap {
  public:
    /// The value of this prefix, made if there is none.
    Value& operator[](Ipv4Prefix prefix) {
        lengths_.set(prefix.length);
        return values_[prefix];
    }
    [[nodiscard]] const Value* find(Ipv4Prefix prefix) const {
        const auto place = values_.find(prefix);
        return place == values_.end() ? nullptr : &place->second;
    }
    [[nodiscard]] std::size_t size() const { return values_.size(); }

    /// Calls `visit(prefix, value)` for each that contains `prefix`, itself among them, the most specific
    /// first.
    template <typename Visit>
    void each_around(Ipv4Prefix prefix, Visit visit) const {
        for (unsigned length = prefix.length + 1U; length-- > 0;) {
            if (!lengths_.test(length)) continue;
            const auto place = values_.find(Ipv4Prefix::of(prefix.network, length));
            if (place != values_.end()) visit(place->first, place->second);
        }
    }
    /// Calls `visit(prefix, value)` for each that lies within `prefix`, without itself, in order.
    template <typename Visit>
    void each_within(Ipv4Prefix prefix, Visit visit) const {
        for (auto place = values_.upper_bound(prefix);
             place != values_.end() && prefix.contains(place->first); ++place)
            visit(place->first, place->second);
    }
    [[nodiscard]] bool overlaps(Ipv4Prefix prefix) const {
        const auto next = values_.upper_bound(prefix);
        if (next != values_.end() && prefix.contains(next->first)) return true;
        return covers(prefix);
    }
    /// Some prefix contains this one, or is the same.
    [[nodiscard]] bool covers(Ipv4Prefix prefix) const {
        bool found = false;
        each_around(prefix, [&](Ipv4Prefix, const Value&) { found = true; });
        return found;
    }

  private:
    std::map<Ipv4Prefix, Value> values_;
    std::bitset<33> lengths_;  ///< that some prefix has, or has had
};

}  // namespace honeyswitch
