#include "control/controller/address_book.hpp"

#include <algorithm>

namespace honeyswitch::control {

bool AddressBook::vouch(Ipv4Address address, Source source, TimePoint now) {
    const auto [place, became_active] = entries_.try_emplace(address);
    Entry& entry = place->second;
    if (std::ranges::find(entry.vouchers, source) == entry.vouchers.end()) entry.vouchers.push_back(source);
    if (!became_active) return false;
    entry.since = now;
    auto& page = pages_[address.value >> 16];
    if (!page) page = std::make_unique<std::bitset<65536>>();
    page->set(address.value & 0xffff);
    return true;
}

bool AddressBook::withdraw(Ipv4Address address, Source source) {
    const auto place = entries_.find(address);
    if (place == entries_.end()) return false;
    std::erase(place->second.vouchers, source);
    if (!place->second.vouchers.empty()) return false;
    entries_.erase(place);
    pages_[address.value >> 16]->reset(address.value & 0xffff);
    return true;
}

bool AddressBook::vouched_by(Ipv4Address address, Source source) const {
    const auto place = entries_.find(address);
    return place != entries_.end() &&
           std::ranges::find(place->second.vouchers, source) != place->second.vouchers.end();
}

bool AddressBook::vouched_only_by(Ipv4Address address, Source source) const {
    const auto entry = entries_.find(address);
    return entry != entries_.end() && entry->second.vouchers == std::vector{source};
}

std::vector<Ipv4Address> AddressBook::active_in(Ipv4Prefix prefix) const {
    std::vector<Ipv4Address> addresses;
    for (auto place = entries_.lower_bound(prefix.network);
         place != entries_.end() && prefix.contains(place->first); ++place)
        addresses.push_back(place->first);
    return addresses;
}

std::vector<Ipv4Address> AddressBook::vouched_in(Ipv4Prefix prefix, Source source) const {
    std::vector<Ipv4Address> addresses;
    for (auto place = entries_.lower_bound(prefix.network);
         place != entries_.end() && prefix.contains(place->first); ++place)
        if (std::ranges::find(place->second.vouchers, source) != place->second.vouchers.end())
            addresses.push_back(place->first);
    return addresses;
}

}  // namespace honeyswitch::control
