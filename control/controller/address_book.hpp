// Who vouches for which address. An address is active while anybody does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "control/controller/domain_reports.hpp"

namespace honeyswitch::control {

/// Who says that an address is in use: an agent, by its AgentId, or one of these, which are no AgentId.
enum class Voucher : std::uint32_t {
    /// Network and broadcast address of a known domain: no host can have them (RFC 922).
    subnet = 0xffff'fffd,
    sighting = 0xffff'fffe,      ///< it spoke to the outside
    static_entry = 0xffff'ffff,  ///< the configuration
};
[[nodiscard]] constexpr Voucher voucher_of(AgentId agent) {
    return static_cast<Voucher>(agent);
}

/// nullopt: it is no agent's.
[[nodiscard]] constexpr std::optional<AgentId> agent_of(Voucher voucher) {
    if (voucher >= Voucher::subnet) return std::nullopt;
    return static_cast<AgentId>(voucher);
}

/// Control thread. About 100 bytes for each active address.
class AddressBook {
  public:
    struct Entry {
        std::vector<Voucher> vouchers;  ///< in order of arrival, each once
        TimePoint since;
    };
    using Entries = std::map<Ipv4Address, Entry>;

    AddressBook() : pages_(65536) {}

    /// Returns whether the address has become active by this.
    bool vouch(Ipv4Address address, Voucher voucher, TimePoint now);
    /// Returns whether the address has become inactive by this.
    bool withdraw(Ipv4Address address, Voucher voucher);

    /// Two loads, for every Packet-In.
    [[nodiscard]] bool active(Ipv4Address address) const {
        const auto& page = pages_[address.value >> 16];
        return page && (page->at(word_of(address)) >> (address.value % 64) & 1U) != 0;
    }
    /// By it and by nobody else.
    [[nodiscard]] bool vouched_only_by(Ipv4Address address, Voucher voucher) const;
    /// How many there are in `prefix`. Costs the same however many they are, at most 0.1 ms for a /8.
    [[nodiscard]] std::uint32_t count_in(Ipv4Prefix prefix) const;
    [[nodiscard]] std::vector<Ipv4Address> active_in(Ipv4Prefix prefix) const;
    struct Stretch {
        std::vector<Ipv4Address> addresses;
        std::optional<Ipv4Address> next;  ///< where the next stretch begins; nullopt: this was the last
    };
    /// Those of `prefix` that this voucher is for, among the next `entries` active addresses from `from` on.
    [[nodiscard]] Stretch vouched_from(Ipv4Address from, Ipv4Prefix prefix, Voucher voucher,
                                       std::size_t entries) const;
    /// All of them, however many.
    [[nodiscard]] std::vector<Ipv4Address> vouched_in(Ipv4Prefix prefix, Voucher voucher) const;
    [[nodiscard]] const Entries& entries() const { return entries_; }

  private:
    /// A bit for each address with the same upper half.
    using Page = std::array<std::uint64_t, 1024>;
    [[nodiscard]] static std::size_t word_of(Ipv4Address address) { return (address.value & 0xffff) / 64; }

    Entries entries_;
    std::vector<std::unique_ptr<Page>> pages_;  ///< by the upper half of the address
};

}  // namespace honeyswitch::control
