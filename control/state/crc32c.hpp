// The checksum of the file of state: CRC-32C (RFC 3385), by the processor's own instruction.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include <nmmintrin.h>

namespace honeyswitch::control {

/// `before`: of the bytes that come before these, 0 if there are none.
/// Every processor that DPDK runs on here has the instruction, whatever the rest is compiled for.
[[nodiscard, gnu::target("sse4.2")]] inline std::uint32_t crc32c(std::span<const std::uint8_t> bytes,
                                                                 std::uint32_t before = 0) {
    std::uint64_t crc = static_cast<std::uint32_t>(~before);
    for (; bytes.size() >= sizeof(std::uint64_t); bytes = bytes.subspan(sizeof(std::uint64_t))) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        crc = _mm_crc32_u64(crc, word);
    }
    auto rest = static_cast<std::uint32_t>(crc);
    for (const std::uint8_t byte : bytes) rest = _mm_crc32_u8(rest, byte);
    return ~rest;
}

}  // namespace honeyswitch::control
