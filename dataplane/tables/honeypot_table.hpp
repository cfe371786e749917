// Where the honeypots are: what a worker needs to hand a packet to one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <expected>

#include "base/l2_path.hpp"
#include "base/limits.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::dataplane {

/// Index of a honeypot: 0 to 254.
using HoneypotIndex = std::uint8_t;
inline constexpr HoneypotIndex no_honeypot = 255;

/// Where a honeypot is, in a register: its MAC address is written to a frame by two stores. Six octets put
/// together on the stack would be read back before they have left the store buffer in one piece, which costs
/// more than the look-up of a session.
class HoneypotAddress {
  public:
    /// `vlan`: IEEE 802.1Q identifier, or 0 for untagged. `port`: number of the honeypot port, from 0.
    HoneypotAddress(const EtherAddress& mac, std::uint16_t vlan, unsigned port)
        : word_(std::uint64_t{vlan} << vlan_shift | std::uint64_t{port} << port_shift) {
        std::memcpy(&word_, mac.data(), mac.size());
    }
    explicit HoneypotAddress(std::uint64_t word) : word_(word) {}

    /// `from_source`: the eight octets of a frame that begin with its source address.
    [[nodiscard]] static HoneypotAddress of_sender(std::uint64_t from_source, unsigned vlan, unsigned port) {
        constexpr std::uint64_t six_octets = (std::uint64_t{1} << vlan_shift) - 1;
        return HoneypotAddress((from_source & six_octets) | std::uint64_t{vlan} << vlan_shift |
                               std::uint64_t{port} << port_shift);
    }

    void write_mac(std::uint8_t* place) const { std::memcpy(place, &word_, sizeof(EtherAddress)); }
    [[nodiscard]] EtherAddress mac() const {
        EtherAddress mac;
        write_mac(mac.data());
        return mac;
    }
    [[nodiscard]] std::uint16_t vlan() const {
        return static_cast<std::uint16_t>(word_ >> vlan_shift & 0xfffU);
    }
    /// Number of the honeypot port: PortLayout::honeypot_port.
    [[nodiscard]] unsigned port() const { return static_cast<unsigned>(word_ >> port_shift & 7U); }
    [[nodiscard]] std::uint64_t word() const { return word_; }

  private:
    static constexpr unsigned vlan_shift = 48, port_shift = 60;
    static_assert(most_honeypot_ports <= 8);
    std::uint64_t word_;  ///< octets 0 to 5 as in memory, VLAN, port; the highest bit is the table's
};

/// What becomes of the packets of a honeypot that has no address: they are dropped, or go inside.
struct OutOfService {
    bool drops;
};

/// One writer, the control thread; each entry is replaced atomically.
class HoneypotTable {
  public:
    static constexpr unsigned capacity = limits::honeypots;
    static_assert(capacity <= no_honeypot);

    void set(HoneypotIndex honeypot, const HoneypotAddress& address) {
        entries_[honeypot].store(address.word() | known, std::memory_order_relaxed);
    }
    /// Out of service. Its packets are dropped, or go inside.
    void unset(HoneypotIndex honeypot, bool drop) {
        entries_[honeypot].store(drop ? dropping : 0, std::memory_order_relaxed);
    }

    /// Out of service while its MAC address is not known. One look: what becomes of its packets then belongs
    /// to the same moment.
    [[nodiscard]] std::expected<HoneypotAddress, OutOfService> address(HoneypotIndex honeypot) const {
        const std::uint64_t word = entries_[honeypot].load(std::memory_order_relaxed);
        if ((word & known) == 0) return std::unexpected(OutOfService{.drops = word == dropping});
        return HoneypotAddress(word & ~known);
    }
    /// Whose address this is; `no_honeypot`: nobody's that is in service. `guess` is looked at first.
    [[nodiscard]] HoneypotIndex holder(const HoneypotAddress& address, HoneypotIndex guess) const {
        const std::uint64_t word = address.word() | known;
        if (entries_[guess].load(std::memory_order_relaxed) == word) return guess;
        for (unsigned i = 0; i < capacity; ++i)
            if (entries_[i].load(std::memory_order_relaxed) == word) return static_cast<HoneypotIndex>(i);
        return no_honeypot;
    }
    /// A worker has passed on a packet of this honeypot. `now`: milliseconds of the switch's clock.
    void replied(HoneypotIndex honeypot, std::uint32_t now) {
        auto& at = replied_[honeypot];
        if (at.load(std::memory_order_relaxed) != now) at.store(now, std::memory_order_relaxed);
    }
    /// 0: never.
    [[nodiscard]] std::uint32_t last_reply(HoneypotIndex honeypot) const {
        return replied_[honeypot].load(std::memory_order_relaxed);
    }

  private:
    static constexpr std::uint64_t known = std::uint64_t{1} << 63, dropping = 1;
    std::array<std::atomic<std::uint64_t>, capacity + 1> entries_{};
    alignas(64) std::array<std::atomic<std::uint32_t>, capacity + 1> replied_{};
};

}  // namespace honeyswitch::dataplane
