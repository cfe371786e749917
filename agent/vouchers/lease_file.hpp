// The addresses that a DHCP server has leased, from the files in which it keeps them.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

#include "base/address.hpp"

namespace honeyswitch::agent {

enum class LeaseFormat : std::uint8_t {
    isc_dhcpd,    ///< dhcpd.leases(5)
    kea_memfile,  ///< kea-leases4.csv
};

struct LeaseSource {
    LeaseFormat format = LeaseFormat::isc_dhcpd;
    std::filesystem::path path;
};

using WallClock = std::chrono::system_clock;

/// Both formats are journals: of an address the last entry counts.
struct Leases {
    /// Active leases and their end; WallClock::time_point::max() for one that never ends.
    std::map<Ipv4Address, WallClock::time_point> active;
    std::uint64_t entries = 0;
    std::uint64_t malformed = 0;  ///< entries that were left out
};

/// Any text is accepted; what is no lease entry is counted. An entry that is not complete yet at the end of
/// the text, as the server is writing it, is left out without being counted.
[[nodiscard]] Leases parse_leases(LeaseFormat format, std::string_view text);
[[nodiscard]] Leases parse_isc_dhcpd(std::string_view text);
[[nodiscard]] Leases parse_kea_memfile(std::string_view text);

}  // namespace honeyswitch::agent
