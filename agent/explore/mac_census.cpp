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

MacCensus::MacCensus(const ProxyOptions& options) : limit_(options.limit) {
    for (const auto& mac : options.allowed) allowed_.insert(key_of(mac));
}

MacCensus::MacKey MacCensus::key_of(const MacAddress& mac) {
    MacKey key = 0;
    for (const auto octet : mac.octets) key = key << 8 | octet;
    return key;
}

MacCensus::Verdict MacCensus::attribute(Ipv4Address address, const MacAddress& mac) {
    const auto key = key_of(mac);
    if (allowed_.contains(key)) return {};
    const auto [entry, added] = answered_by_.try_emplace(address, key);
    if (!added && entry->second != key) {
        release(entry->second);
        entry->second = key;
        ++addresses_[key];
    } else if (added) {
        ++addresses_[key];
    }
    Verdict verdict;
    if (addresses_[key] > limit_) verdict.turned = proxies_.insert(key).second;
    verdict.proxy = proxies_.contains(key);
    return verdict;
}

void MacCensus::forget(Ipv4Address address) {
    const auto entry = answered_by_.find(address);
    if (entry == answered_by_.end()) return;
    release(entry->second);
    answered_by_.erase(entry);
}

void MacCensus::release(MacKey mac) {
    const auto count = addresses_.find(mac);
    if (--count->second <= limit_ / 2) proxies_.erase(mac);
    if (count->second == 0) addresses_.erase(count);
}

std::vector<MacAddress> MacCensus::proxies() const {
    std::vector<MacAddress> macs;
    for (auto key : proxies_) {
        MacAddress mac;
        for (auto octet = mac.octets.rbegin(); octet != mac.octets.rend(); ++octet, key >>= 8)
            *octet = static_cast<std::uint8_t>(key);
        macs.push_back(mac);
    }
    return macs;
}

}  // namespace honeyswitch::agent
