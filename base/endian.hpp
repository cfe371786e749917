// Integers in network byte order that do not become numbers by accident.
#pragma once

#include <bit>
#include <compare>
#include <cstdint>
#include <type_traits>

namespace honeyswitch {

/// An unsigned integer stored in network byte order (big-endian), as it lies in a frame. Comparison for
/// equality is on the stored bits; everything else goes through host().
template <typename T>
    requires std::is_unsigned_v<T>
struct BigEndian {
    T bits = 0;  ///< as in memory: big-endian

    BigEndian() = default;
    [[nodiscard]] static constexpr BigEndian from_host(T value) {
        BigEndian result;
        result.bits = swapped(value);
        return result;
    }
    [[nodiscard]] constexpr T host() const { return swapped(bits); }

    friend constexpr bool operator==(BigEndian, BigEndian) = default;

  private:
    static constexpr T swapped(T value) {
        if constexpr (std::endian::native == std::endian::big)
            return value;
        else if constexpr (sizeof(T) == 2)
            return __builtin_bswap16(value);
        else if constexpr (sizeof(T) == 4)
            return __builtin_bswap32(value);
        else
            return __builtin_bswap64(value);
    }
};

using Be16 = BigEndian<std::uint16_t>;
using Be32 = BigEndian<std::uint32_t>;
static_assert(sizeof(Be16) == 2 && sizeof(Be32) == 4);

}  // namespace honeyswitch
