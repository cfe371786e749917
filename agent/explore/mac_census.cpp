#include "agent/explore/mac_census.hpp"

namespace honeyswitch::agent {

bool is_virtual_router(const MacAddress& mac) {
    const auto& o = mac.octets;
    const bool vrrp = o[0] == 0x00 && o[1] == 0x00 && o[2] == 0x5e && o[3] == 0x00 && o[4] == 0x01;
    const bool hsrp = o[0] == 0x00 && o[1] == 0x00 && o[2] == 0x0c &&
                      ((o[3] == 0x07 && o[4] == 0xac) || (o[3] == 0x9f && (o[4] & 0xf0) == 0xf0));
    const bool glbp = o[0] == 0x00 && o[1] == 0x07 && o[2] == 0xb4 && o[3] == 0x00;
    return vrrp || hsrp || glbp;
}

MacCensus::MacKey MacCensus::key_of(const MacAddress& mac) {
    MacKey key = 0;
    for (const auto octet : mac.octets) key = key << 8 | octet;
    return key;
}

bool MacCensus::attribute(Ipv4Address address, const MacAddress& mac) {
    const auto key = key_of(mac);
    const PairKey pair = key << 16 | (address.value & 0xffff);
    if (const auto known = pairs_.find(pair); known != pairs_.end()) {
        known->second = sweep_;
    } else if (pairs_.size() < std::size_t{4} * domain_.size()) {
        pairs_.emplace(pair, sweep_);
        if (++addresses_[key] > limit_) many_.insert(key);
    }
    return many_.contains(key);
}

void MacCensus::next_sweep() {
    ++sweep_;
    std::erase_if(pairs_, [&](const auto& pair) {
        if (sweep_ - pair.second <= memory_) return false;
        release(pair.first >> 16);
        return true;
    });
}

void MacCensus::release(MacKey mac) {
    const auto count = addresses_.find(mac);
    if (--count->second <= limit_ / 2) many_.erase(mac);
    if (count->second == 0) addresses_.erase(count);
}

std::uint32_t MacCensus::count(const MacAddress& mac) const {
    const auto count = addresses_.find(key_of(mac));
    return count == addresses_.end() ? 0 : count->second;
}

std::vector<Ipv4Address> MacCensus::some_of(const MacAddress& mac, std::size_t most) const {
    std::vector<Ipv4Address> found;
    for (const auto& [pair, sweep] : pairs_) {
        if (found.size() >= most) break;
        if (pair >> 16 != key_of(mac)) continue;
        const auto offset = static_cast<std::uint32_t>(pair & 0xffff);
        found.push_back({(domain_.network.value & 0xffff0000) | offset});
    }
    return found;
}

}  // namespace honeyswitch::agent
