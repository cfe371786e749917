// Which MAC address speaks for how many addresses.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/address.hpp"

namespace honeyswitch::agent {

/// Whether a MAC belongs to a virtual router: VRRP (RFC 9568), HSRP, GLBP. Such a one shares its address with
/// the MAC of the router behind it, which is no conflict.
[[nodiscard]] bool is_virtual_router(const MacAddress& mac);

/// Counts for each MAC the addresses that it spoke for in the latest `memory` sweeps; several MACs may speak
/// for one address. A MAC with more than `limit` addresses has many, until it is down to half of the limit.
/// Takes some 50 octets for each pair of MAC and address, of which there are at most four times as many as
/// the domain has addresses: whatever comes beyond that is not counted.
class MacCensus {
  public:
    MacCensus(Ipv4Prefix domain, unsigned limit, unsigned memory)
        : domain_(domain), limit_(limit), memory_(memory) {}

    /// The MAC speaks for an address of the domain. True: it has many.
    bool attribute(Ipv4Address address, const MacAddress& mac);
    /// Forgets what was not said again within the memory.
    void next_sweep();

    [[nodiscard]] bool has_many(const MacAddress& mac) const { return many_.contains(key_of(mac)); }
    [[nodiscard]] std::uint32_t count(const MacAddress& mac) const;
    /// At most `most` addresses of the MAC. Looks at all pairs.
    [[nodiscard]] std::vector<Ipv4Address> some_of(const MacAddress& mac, std::size_t most) const;

  private:
    using MacKey = std::uint64_t;   ///< 48 bits
    using PairKey = std::uint64_t;  ///< the MAC above 16 bits of address
    [[nodiscard]] static MacKey key_of(const MacAddress& mac);
    void release(MacKey mac);

    Ipv4Prefix domain_;
    unsigned limit_, memory_;
    std::uint32_t sweep_ = 0;
    std::unordered_map<PairKey, std::uint32_t> pairs_;  ///< and the sweep in which one was last said
    std::unordered_map<MacKey, std::uint32_t> addresses_;
    std::unordered_set<MacKey> many_;
};

}  // namespace honeyswitch::agent
