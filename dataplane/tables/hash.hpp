// The hash of session keys: keyed, so that nobody outside can choose 5-tuples that collide.
#pragma once

#include <cstdint>
#include <cstring>

#include "dataplane/tables/session_key.hpp"

namespace honeyswitch::dataplane {

/// Multiply-and-fold over the two halves of the key, each masked by a secret. CRC32, which is usual here, is
/// linear: its collisions are the same for every seed, and a scanner could fill one bucket with chosen ports.
class SessionHash {
  public:
    using Secret = std::uint64_t[3];

    /// `secret` must be drawn anew at each start wherever a collision would do harm.
    explicit SessionHash(const Secret& secret)
        : first_(secret[0]), second_(secret[1]), third_(secret[2] | 1) {}

    [[nodiscard]] std::uint32_t operator()(const SessionKey& key) const { return narrow(wide(key)); }
    [[nodiscard]] static std::uint32_t narrow(std::uint64_t wide) {
        return static_cast<std::uint32_t>(wide ^ wide >> 32);
    }
    /// All 64 bits, where a part of them tells apart what shares another part.
    [[nodiscard]] std::uint64_t wide(const SessionKey& key) const {
        std::uint64_t halves[2];
        std::memcpy(halves, &key, sizeof halves);
        return fold(fold(halves[0] ^ first_, halves[1] ^ second_), third_);
    }

  private:
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
        __extension__ using Wide = unsigned __int128;
        const Wide product = static_cast<Wide>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
    }

    std::uint64_t first_, second_, third_;
};

}  // namespace honeyswitch::dataplane
