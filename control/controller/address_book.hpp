// Who vouches for which address. An address is active while anybody does.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "control/controller/domain_reports.hpp"

namespace honeyswitch::control {

/// Who says that an address is in use: an agent, by its AgentId, or one of these.
enum class Source : std::uint16_t {
    subnet = 0xfffd,    ///< network and broadcast address of a known domain: no host can have them (RFC 922)
    sighting = 0xfffe,  ///< it spoke to the outside
    static_entry = 0xffff,  ///< the configuration
};
[[nodiscard]] constexpr Source source_of(AgentId agent) {
    return static_cast<Source>(agent);
}

/// Control thread. About 100 bytes for each active address.
class AddressBook {
  public:
    struct Entry {
        std::vector<Source> vouchers;  ///< in order of arrival, each once
        TimePoint since;
    };
    using Entries = std::map<Ipv4Address, Entry>;

    AddressBook() : pages_(65536) {}

    /// Returns whether the address has become active by this.
    bool vouch(Ipv4Address address, Source source, TimePoint now);
    /// Returns whether the address has become inactive by this.
    bool withdraw(Ipv4Address address, Source source);

    /// Two loads, for every Packet-In.
    [[nodiscard]] bool active(Ipv4Address address) const {
        const auto& page = pages_[address.value >> 16];
        return page && page->test(address.value & 0xffff);
    }
    [[nodiscard]] bool vouched_by(Ipv4Address address, Source source) const;
    /// By it and by nobody else.
    [[nodiscard]] bool vouched_only_by(Ipv4Address address, Source source) const;
    [[nodiscard]] std::vector<Ipv4Address> active_in(Ipv4Prefix prefix) const;
    /// Addresses in `prefix` that this source vouches for.
    [[nodiscard]] std::vector<Ipv4Address> vouched_in(Ipv4Prefix prefix, Source source) const;
    [[nodiscard]] const Entries& entries() const { return entries_; }

  private:
    Entries entries_;
    std::vector<std::unique_ptr<std::bitset<65536>>> pages_;  ///< by the upper half of the address
};

}  // namespace honeyswitch::control
