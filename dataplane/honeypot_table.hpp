// Where the honeypots are: what a worker needs to hand a packet to one.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <optional>

#include "dataplane/l2_path.hpp"

namespace honeyswitch::dataplane {

/// A MAC address in a register: written to a frame by two stores. Six octets put together on the stack would
/// be read back before they have left the store buffer in one piece, which costs more than the look-up of a
/// session.
class PackedMac {
  public:
    explicit PackedMac(std::uint64_t word) : word_(word) {}
    void write(std::uint8_t* place) const { std::memcpy(place, &word_, sizeof(EtherAddress)); }
    [[nodiscard]] EtherAddress address() const {
        EtherAddress mac;
        write(mac.data());
        return mac;
    }

  private:
    std::uint64_t word_;  ///< the lower six octets as in memory
};

/// One writer, the control thread; each entry is replaced atomically.
class HoneypotTable {
  public:
    static constexpr unsigned capacity = 256;

    void set(std::uint8_t honeypot, const EtherAddress& mac) {
        std::uint64_t word = known;
        std::memcpy(&word, mac.data(), mac.size());
        entries_[honeypot].store(word, std::memory_order_relaxed);
    }
    void unset(std::uint8_t honeypot) { entries_[honeypot].store(0, std::memory_order_relaxed); }

    /// Its MAC address; nullopt while that is not known, or the honeypot is out of service.
    [[nodiscard]] std::optional<PackedMac> mac(std::uint8_t honeypot) const {
        const std::uint64_t word = entries_[honeypot].load(std::memory_order_relaxed);
        if ((word & known) == 0) return std::nullopt;
        return PackedMac(word);
    }

  private:
    static constexpr std::uint64_t known = std::uint64_t{1} << 63;
    std::array<std::atomic<std::uint64_t>, capacity> entries_{};
};

/// The sender of the latest ARP packet on the honeypot port, for the control thread. Written by workers.
class ArpSender {
  public:
    void heard(const EtherAddress& mac, std::uint32_t now) {
        std::uint64_t word = 0;
        std::memcpy(&word, mac.data(), mac.size());
        mac_.store(word, std::memory_order_relaxed);
        at_.store(now, std::memory_order_relaxed);
    }
    [[nodiscard]] std::optional<EtherAddress> mac() const {
        const std::uint64_t word = mac_.load(std::memory_order_relaxed);
        if (word == 0) return std::nullopt;
        EtherAddress mac;
        std::memcpy(mac.data(), &word, mac.size());
        return mac;
    }
    [[nodiscard]] std::uint32_t heard_at() const { return at_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> mac_{0};
    std::atomic<std::uint32_t> at_{0};
};

}  // namespace honeyswitch::dataplane
