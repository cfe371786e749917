#include "base/inhabited.hpp"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace honeyswitch {
namespace {

/// Where no host can be (RFC 1122 section 3.2.1.3, RFC 5771, RFC 1112). That nobody is active there says
/// nothing, and 0.0.0.0 is what a frame without IPv4 has for an address.
struct Uninhabited {
    Ipv4Prefix prefix;
    std::string_view name;
};
constexpr std::array uninhabited{
    Uninhabited{{{0x00000000}, 8}, "this network"}, Uninhabited{{{0x7f000000}, 8}, "loopback"},
    Uninhabited{{{0xe0000000}, 4}, "multicast"}, Uninhabited{{{0xf0000000}, 4}, "reserved and broadcast"}};

}  // namespace

std::optional<std::string> nobody_on(Ipv4Prefix prefix) {
    for (const auto& [where, name] : uninhabited)
        if (where.overlaps(prefix))
            return fmt::format("overlaps with {} ({}), where no host can be", to_string(where), name);
    return std::nullopt;
}

}  // namespace honeyswitch
