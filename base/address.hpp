// IPv4 addresses, prefixes and MAC addresses as the agent and the controller reason about them.
//
// The value of an Ipv4Address is a number, so that ranges and prefixes are arithmetic; it becomes network
// byte order only where it is written to a wire (wire/codec, the ARP frames, the data plane's keys).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <string_view>

namespace honeyswitch {

/// An IPv4 address. `value` is in host byte order: 10.0.0.1 is 0x0a000001.
struct Ipv4Address {
    std::uint32_t value = 0;

    friend constexpr auto operator<=>(Ipv4Address, Ipv4Address) = default;
};

/// An IPv4 prefix whose bits below the mask are zero. Made by `Ipv4Prefix::of` or `parse_prefix`.
struct Ipv4Prefix {
    Ipv4Address network;
    std::uint8_t length = 0;  ///< 0 to 32

    /// The prefix of `length` bits that holds `address`. Precondition: length <= 32.
    [[nodiscard]] static constexpr Ipv4Prefix of(Ipv4Address address, unsigned length) {
        return {{address.value & mask_of(length)}, static_cast<std::uint8_t>(length)};
    }
    [[nodiscard]] static constexpr std::uint32_t mask_of(unsigned length) {
        return length == 0 ? 0 : ~std::uint32_t{0} << (32 - length);
    }
    [[nodiscard]] constexpr std::uint64_t size() const { return std::uint64_t{1} << (32 - length); }
    [[nodiscard]] constexpr Ipv4Address last() const { return {network.value | ~mask_of(length)}; }
    [[nodiscard]] constexpr bool contains(Ipv4Address address) const {
        return (address.value & mask_of(length)) == network.value;
    }
    [[nodiscard]] constexpr bool contains(Ipv4Prefix other) const {
        return other.length >= length && contains(other.network);
    }
    [[nodiscard]] constexpr bool overlaps(Ipv4Prefix other) const {
        return contains(other) || other.contains(*this);
    }

    friend constexpr auto operator<=>(Ipv4Prefix, Ipv4Prefix) = default;
};

/// A MAC address in the order of transmission (IEEE 802.3).
struct MacAddress {
    std::array<std::uint8_t, 6> octets{};

    [[nodiscard]] constexpr bool is_zero() const { return octets == std::array<std::uint8_t, 6>{}; }
    [[nodiscard]] constexpr bool is_multicast() const { return (octets[0] & 1) != 0; }

    friend constexpr auto operator<=>(const MacAddress&, const MacAddress&) = default;
};

/// The error is the reason alone ("not an IPv4 address"); the caller knows the place.
[[nodiscard]] std::expected<Ipv4Address, std::string> parse_address(std::string_view text);
/// "10.1.0.0/16". Refuses host bits below the mask: "10.1.0.1/16" is an error, never 10.1.0.0/16.
[[nodiscard]] std::expected<Ipv4Prefix, std::string> parse_prefix(std::string_view text);
/// The same, where an address alone is the prefix of one address.
[[nodiscard]] std::expected<Ipv4Prefix, std::string> parse_address_or_prefix(std::string_view text);
/// "02:00:00:00:00:01", six pairs of hexadecimal digits with colons.
[[nodiscard]] std::expected<MacAddress, std::string> parse_mac(std::string_view text);

[[nodiscard]] std::string to_string(Ipv4Address address);
[[nodiscard]] std::string to_string(Ipv4Prefix prefix);
[[nodiscard]] std::string to_string(const MacAddress& mac);

}  // namespace honeyswitch

template <>
struct std::hash<honeyswitch::Ipv4Address> {
    std::size_t operator()(honeyswitch::Ipv4Address address) const noexcept {
        return std::hash<std::uint64_t>{}(address.value * 0x9e3779b97f4a7c15ULL >> 16);
    }
};
