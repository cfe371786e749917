#include "control/controller/address_book.hpp"

#include <algorithm>
#include <bit>

namespace honeyswitch::control {
namespace {

std::uint64_t bit_of(Ipv4Address address) {
    return std::uint64_t{1} << (address.value % 64);
}

}  // namespace

bool AddressBook::vouch(Ipv4Address address, Voucher voucher, TimePoint now) {
    const auto [place, became_active] = entries_.try_emplace(address);
    Entry& entry = place->second;
    if (std::ranges::find(entry.vouchers, voucher) == entry.vouchers.end()) entry.vouchers.push_back(voucher);
    if (!became_active) return false;
    entry.since = now;
    auto& page = pages_[address.value >> 16];
    if (!page) page = std::make_unique<Page>();
    page->at(word_of(address)) |= bit_of(address);
    return true;
}

bool AddressBook::withdraw(Ipv4Address address, Voucher voucher) {
    const auto place = entries_.find(address);
    if (place == entries_.end()) return false;
    std::erase(place->second.vouchers, voucher);
    if (!place->second.vouchers.empty()) return false;
    entries_.erase(place);
    pages_[address.value >> 16]->at(word_of(address)) &= ~bit_of(address);
    return true;
}

std::uint32_t AddressBook::count_in(Ipv4Prefix prefix) const {
    constexpr std::uint32_t addresses_a_word = 64;
    if (prefix.size() < addresses_a_word) {
        const auto& page = pages_[prefix.network.value >> 16];
        if (!page) return 0;
        const std::uint64_t part = (std::uint64_t{1} << prefix.size()) - 1;
        const std::uint64_t word =
            page->at(word_of(prefix.network)) >> (prefix.network.value % addresses_a_word);
        return static_cast<std::uint32_t>(std::popcount(word & part));
    }
    std::uint32_t count = 0;
    for (std::uint32_t upper = prefix.network.value >> 16; upper <= prefix.last().value >> 16; ++upper) {
        const auto& page = pages_[upper];
        if (!page) continue;
        const bool whole = prefix.length <= 16;
        const std::size_t first = whole ? 0 : word_of(prefix.network);
        const std::size_t last = whole ? page->size() - 1 : word_of(prefix.last());
        for (std::size_t word = first; word <= last; ++word)
            count += static_cast<std::uint32_t>(std::popcount(page->at(word)));
    }
    return count;
}

bool AddressBook::vouched_only_by(Ipv4Address address, Voucher voucher) const {
    const auto entry = entries_.find(address);
    return entry != entries_.end() && entry->second.vouchers == std::vector{voucher};
}

std::vector<Ipv4Address> AddressBook::active_in(Ipv4Prefix prefix) const {
    std::vector<Ipv4Address> addresses;
    for (auto place = entries_.lower_bound(prefix.network);
         place != entries_.end() && prefix.contains(place->first); ++place)
        addresses.push_back(place->first);
    return addresses;
}

AddressBook::Stretch AddressBook::vouched_from(Ipv4Address from, Ipv4Prefix prefix, Voucher voucher,
                                               std::size_t entries) const {
    Stretch stretch;
    for (auto place = entries_.lower_bound(from); place != entries_.end() && prefix.contains(place->first);
         ++place) {
        if (entries-- == 0) {
            stretch.next = place->first;
            break;
        }
        const auto& vouchers = place->second.vouchers;
        if (std::ranges::find(vouchers, voucher) != vouchers.end()) stretch.addresses.push_back(place->first);
    }
    return stretch;
}

std::vector<Ipv4Address> AddressBook::vouched_in(Ipv4Prefix prefix, Voucher voucher) const {
    return vouched_from(prefix.network, prefix, voucher, entries_.size()).addresses;
}

}  // namespace honeyswitch::control
