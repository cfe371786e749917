#include "base/address.hpp"

#include <charconv>

#include <arpa/inet.h>
#include <fmt/format.h>

namespace honeyswitch {

std::expected<Ipv4Address, std::string> parse_address(std::string_view text) {
    in_addr parsed{};
    if (text.contains('\0') || inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1)
        return std::unexpected(fmt::format("'{}' is not an IPv4 address", text));
    return Ipv4Address{ntohl(parsed.s_addr)};
}

std::expected<Ipv4Prefix, std::string> parse_prefix(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos)
        return std::unexpected(fmt::format("'{}' is not a prefix: it has no '/LENGTH'", text));
    auto address = parse_address(text.substr(0, slash));
    if (!address) return std::unexpected(address.error());

    const auto digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (failure != std::errc{} || end != digits.data() + digits.size() || length > 32)
        return std::unexpected(fmt::format("'{}' is not a prefix: its length is not 0 to 32", text));

    const auto prefix = Ipv4Prefix::of(*address, length);
    if (prefix.network != *address)
        return std::unexpected(
            fmt::format("'{}' has bits below its mask; did you mean {}?", text, to_string(prefix)));
    return prefix;
}

std::expected<Ipv4Prefix, std::string> parse_address_or_prefix(std::string_view text) {
    if (text.contains('/')) return parse_prefix(text);
    const auto address = parse_address(text);
    if (!address) return std::unexpected(address.error());
    return Ipv4Prefix::of(*address, 32);
}

std::expected<MacAddress, std::string> parse_mac(std::string_view text) {
    MacAddress mac;
    const auto bad = [&] { return std::unexpected(fmt::format("'{}' is not a MAC address", text)); };
    if (text.size() != 17) return bad();
    for (std::size_t i = 0; i < 6; ++i) {
        const char* const pair = text.data() + i * 3;
        const auto [end, failure] = std::from_chars(pair, pair + 2, mac.octets.at(i), 16);
        if (failure != std::errc{} || end != pair + 2 || (i < 5 && pair[2] != ':')) return bad();
    }
    return mac;
}

std::string to_string(Ipv4Address address) {
    return fmt::format("{}.{}.{}.{}", address.value >> 24, address.value >> 16 & 0xff,
                       address.value >> 8 & 0xff, address.value & 0xff);
}

std::string to_string(Ipv4Prefix prefix) {
    return fmt::format("{}/{}", to_string(prefix.network), prefix.length);
}

std::string to_string(const MacAddress& mac) {
    return fmt::format("{:02x}", fmt::join(mac.octets, ":"));
}

}  // namespace honeyswitch
