// Ethernet frames with IPv4 and TCP or UDP, made from templates: of each frame only addresses, ports and the
// header checksum are computed.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>

#include "tests/bench/load/identity.hpp"
#include "tests/bench/load/shared_page.hpp"

namespace honeyswitch::bench {

/// The first 64 bytes of a frame. Behind them is payload, which nobody reads.
struct Template {
    std::array<std::uint64_t, 8> words{};  ///< as in memory
    std::uint32_t checksum = 0;            ///< of the IPv4 header without its addresses, not yet folded
    std::uint16_t bytes = 0;               ///< of the whole frame, without FCS
};

/// The frame of class `class_index`, with no addresses, ports or checksum yet.
[[nodiscard]] Template make_template(Traffic traffic, unsigned class_index, bool udp, std::uint32_t bytes);

/// Whether the campus is where frames of this traffic come from.
[[nodiscard]] constexpr bool from_campus(Traffic traffic) {
    return traffic == Traffic::reply || traffic == Traffic::outbound;
}

/// RFC 1071, over a pair of IPv4 addresses and what the template has summed up.
[[nodiscard]] inline std::uint16_t header_checksum(std::uint64_t addresses, std::uint32_t partial) {
    std::uint64_t sum = partial + (addresses & 0xffffffff) + (addresses >> 32);
    sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

/// Writes 64 bytes at `frame`, each byte once: a store that a later wide load has to wait for would be a cost
/// that real NICs do not cause. `stamp`, of 48 bits, is the first payload behind TCP's ports and numbers.
inline void write_frame(std::byte* frame, const Template& base, const Identity& who, bool reversed,
                        std::uint64_t stamp) {
    const std::uint64_t remote = __builtin_bswap32(who.remote);
    const std::uint64_t campus = __builtin_bswap32(who.campus);
    const std::uint64_t remote_port = __builtin_bswap16(who.remote_port);
    const std::uint64_t campus_port = __builtin_bswap16(who.campus_port);
    const std::uint64_t addresses = reversed ? campus | remote << 32 : remote | campus << 32;
    const std::uint64_t ports = reversed ? campus_port | remote_port << 16 : remote_port | campus_port << 16;
    auto words = base.words;
    words[3] = header_checksum(addresses, base.checksum) | addresses << 16;
    words[4] = addresses >> 48 | ports << 16 | (words[4] & 0xffff000000000000U);
    words[6] |= stamp << 48;
    words[7] |= stamp >> 16;
    std::memcpy(frame, words.data(), sizeof(words));
}

/// What write_frame() was given as stamp.
[[nodiscard]] inline std::uint64_t stamp_of(const std::byte* frame) {
    std::uint64_t word = 0;
    std::memcpy(&word, frame + 52, sizeof(word));
    return word >> 16;
}

inline constexpr std::uint16_t mark = 0xb500;  ///< the IPv4 identification: 0xb5 and the class

/// The class a frame was made as; `unmarked` for whatever the generator did not make.
[[nodiscard]] inline unsigned class_of(const std::byte* frame) {
    std::uint16_t identification = 0;
    std::memcpy(&identification, frame + 18, sizeof(identification));
    const unsigned value = __builtin_bswap16(identification) ^ mark;
    return value < unmarked ? value : unmarked;
}

/// A hash of all that the switch must not touch: everything behind the MAC addresses, and the length.
[[nodiscard]] inline std::uint64_t fingerprint(const std::byte* frame, std::uint32_t bytes) {
    std::uint64_t hash = bytes;
    for (unsigned offset = 12; offset + 8 <= 60; offset += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, frame + offset, sizeof(word));
        hash = (std::rotl(hash, 23) ^ word) * 0x9e3779b97f4a7c15U;
    }
    return hash;
}

}  // namespace honeyswitch::bench
