#include "agent/wire/address_set.hpp"

#include <algorithm>
#include <bit>

#include <sodium.h>

namespace honeyswitch::agent {
namespace {

constexpr std::uint8_t mask_of(std::uint32_t offset) {
    return static_cast<std::uint8_t>(0x80U >> offset % 8);
}

}  // namespace

AddressSet::AddressSet(Ipv4Prefix prefix) : prefix_(prefix), bits_(bitmap_size(prefix)) {}

bool AddressSet::contains(Ipv4Address address) const {
    if (!prefix_.contains(address)) return false;
    const auto offset = address.value - prefix_.network.value;
    return (bits_[offset / 8] & mask_of(offset)) != 0;
}

bool AddressSet::set(Ipv4Address address, bool member) {
    if (!prefix_.contains(address) || contains(address) == member) return false;
    const auto offset = address.value - prefix_.network.value;
    bits_[offset / 8] ^= mask_of(offset);
    count_ = member ? count_ + 1 : count_ - 1;
    return true;
}

void AddressSet::clear() {
    std::ranges::fill(bits_, std::uint8_t{0});
    count_ = 0;
}

bool AddressSet::assign(Bytes bitmap) {
    if (bitmap.size() != bits_.size()) return false;
    if (prefix_.size() < 8 && (bitmap[0] & (0xffU >> prefix_.size())) != 0) return false;
    std::ranges::copy(bitmap, bits_.begin());
    count_ = 0;
    for (const auto octet : bits_) count_ += static_cast<std::uint32_t>(std::popcount(octet));
    return true;
}

std::vector<Ipv4Address> AddressSet::addresses() const {
    std::vector<Ipv4Address> members;
    members.reserve(count_);
    for (std::uint32_t octet = 0; octet < bits_.size(); ++octet) {
        for (std::uint32_t bit = 0; bits_[octet] != 0 && bit < 8; ++bit)
            if ((bits_[octet] & mask_of(bit)) != 0)
                members.push_back({prefix_.network.value + octet * 8 + bit});
    }
    return members;
}

Digest AddressSet::digest() const {
    ByteWriter domain;
    domain.put(prefix_.network.value).put(prefix_.length);
    Digest digest;
    crypto_generichash_state state;
    crypto_generichash_init(&state, nullptr, 0, digest.size());
    crypto_generichash_update(&state, domain.bytes().data(), domain.bytes().size());
    crypto_generichash_update(&state, bits_.data(), bits_.size());
    crypto_generichash_final(&state, digest.data(), digest.size());
    return digest;
}

}  // namespace honeyswitch::agent
