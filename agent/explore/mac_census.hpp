// Which MAC address answers for how many addresses: how proxy ARP (RFC 1027) is told from hosts.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "agent/explore/domain_options.hpp"

namespace honeyswitch::agent {

/// Whether a MAC belongs to a virtual router: VRRP (RFC 9568), HSRP, GLBP. Such a one shares its address with
/// the MAC of the router behind it, which is no conflict.
[[nodiscard]] bool is_virtual_router(const MacAddress& mac);

/// An answer attributes its address to the MAC that gave it, instead of to the one before. A MAC with more
/// than `limit` addresses is a proxy until it is down to half of the limit.
class MacCensus {
  public:
    explicit MacCensus(const ProxyOptions& options);

    struct Verdict {
        bool proxy = false;   ///< the answer is no evidence
        bool turned = false;  ///< by this answer the MAC became a proxy
    };
    Verdict attribute(Ipv4Address address, const MacAddress& mac);
    /// Nobody answers for the address any more.
    void forget(Ipv4Address address);

    [[nodiscard]] bool is_proxy(const MacAddress& mac) const { return proxies_.contains(key_of(mac)); }
    [[nodiscard]] std::vector<MacAddress> proxies() const;

  private:
    using MacKey = std::uint64_t;
    [[nodiscard]] static MacKey key_of(const MacAddress& mac);
    void release(MacKey mac);

    unsigned limit_;
    std::unordered_set<MacKey> allowed_;
    std::unordered_map<Ipv4Address, MacKey> answered_by_;
    std::unordered_map<MacKey, std::uint32_t> addresses_;
    std::unordered_set<MacKey> proxies_;
};

}  // namespace honeyswitch::agent
