// Which 5-tuple an identity is. All of it is arithmetic on the identity and the seed, so that a flow costs no
// memory: neither the generator nor the program under test loses cache to a table of flows, be it 65,536 or
// 10 million.
#pragma once

#include <cstdint>

namespace honeyswitch::bench {

inline constexpr std::uint32_t campus_network = 0x0a420000;  ///< 10.66.0.0/16
inline constexpr std::uint32_t remote_network = 0xc6120000;  ///< 198.18.0.0/15, RFC 2544's own

/// In host byte order.
struct Identity {
    std::uint32_t remote = 0;
    std::uint32_t campus = 0;
    std::uint16_t remote_port = 0;
    std::uint16_t campus_port = 0;
    bool udp = false;
};

/// A bijection of 32 bits: different identities never collide.
[[nodiscard]] inline std::uint32_t scrambled(std::uint32_t value) {
    value ^= value >> 16;
    value *= 0x7feb352dU;
    value ^= value >> 15;
    value *= 0x846ca68bU;
    return value ^ value >> 16;
}

/// The campus's usable addresses in an order that the seed decides. Ranks 1 to 65,534 map one to one to host
/// parts 1 to 65,534: the network's own address and its broadcast address do not occur. Active addresses are
/// ranks 1 to N, inactive ones the rest. tests/bench/addresses.py computes the same.
[[nodiscard]] inline std::uint32_t campus_address(std::uint32_t rank, std::uint32_t seed) {
    const auto permuted = [seed](std::uint32_t value) {
        value = value * (seed << 1 | 1U) & 0xffff;
        value ^= value >> 7;
        value = value * 0x6a35U & 0xffff;
        value ^= value >> 9;
        return value * 0x2c9bU & 0xffff;
    };
    std::uint32_t host = permuted(rank);
    if (host == 0xffff) [[unlikely]]
        host = permuted(0xffff);
    return campus_network | host;
}

/// `first_rank` and `ranks` say to which of the campus's addresses the identities spread.
[[nodiscard]] inline Identity identity(std::uint32_t number, std::uint32_t seed, std::uint32_t first_rank,
                                       std::uint32_t ranks) {
    const std::uint32_t unique = scrambled(number + seed);  // 17 bits of address and 15 of port: no two alike
    const std::uint32_t spread = scrambled(unique ^ 0x9e3779b9U);
    Identity result;
    result.remote = remote_network | (unique & 0x1ffff);
    result.remote_port = static_cast<std::uint16_t>(0x8000U | unique >> 17);
    result.campus = campus_address(first_rank + ((spread & 0xffff) * ranks >> 16), seed);
    result.campus_port = static_cast<std::uint16_t>(1U << (spread >> 16 & 7) | 0x15U);
    result.udp = (spread >> 24 & 3) == 0;
    return result;
}

}  // namespace honeyswitch::bench
