// The set of active addresses of one broadcast domain, as both ends hold it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/address.hpp"
#include "base/bytes.hpp"

namespace honeyswitch::agent {

/// Domains larger than this are not spoken of: a broadcast domain of more hosts does not exist in practice,
/// and the size of a full state stays bounded.
inline constexpr unsigned shortest_domain = 16;

using Digest = std::array<std::uint8_t, 16>;

/// One bit for each address of a prefix: address `network + i` is bit 7 - i % 8 of octet i / 8.
class AddressSet {
  public:
    /// Empty. Precondition: prefix.length >= shortest_domain.
    explicit AddressSet(Ipv4Prefix prefix);

    [[nodiscard]] Ipv4Prefix prefix() const { return prefix_; }
    [[nodiscard]] std::uint32_t count() const { return count_; }
    [[nodiscard]] bool contains(Ipv4Address address) const;
    /// Whether anything changed; addresses outside the prefix never do.
    bool set(Ipv4Address address, bool member);
    void clear();

    [[nodiscard]] Bytes bitmap() const { return bits_; }
    /// False, and nothing changed, if `bitmap` has another size or bits beyond the prefix.
    [[nodiscard]] bool assign(Bytes bitmap);
    [[nodiscard]] static std::size_t bitmap_size(Ipv4Prefix prefix) { return (prefix.size() + 7) / 8; }

    /// In ascending order.
    [[nodiscard]] std::vector<Ipv4Address> addresses() const;
    /// BLAKE2b-128 of network (4 octets, big-endian), length (1 octet) and bitmap.
    [[nodiscard]] Digest digest() const;

    friend bool operator==(const AddressSet&, const AddressSet&) = default;

  private:
    Ipv4Prefix prefix_;
    std::uint32_t count_ = 0;
    std::vector<std::uint8_t> bits_;
};

}  // namespace honeyswitch::agent
