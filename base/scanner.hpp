// Which program sent the first packet of a flow, by marks that scanners leave in its headers.
//
// A guess from a single packet that anybody can forge: good for counting and for reading an alarm, not for
// deciding where a packet goes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/address.hpp"
#include "base/first_packet.hpp"

namespace honeyswitch {

enum class Scanner : std::uint8_t {
    unknown,    ///< an ordinary connection request as operating systems send it, or no request at all
    zmap,       ///< by its IP identification 54321, or by the rest of its header
    masscan,    ///< its IP identification is made of address, port and sequence number
    mirai,      ///< its sequence number is the address that it asks
    nmap,       ///< by its windows and options, those of a SYN scan or of OS detection
    irregular,  ///< no operating system sends such a request, and it is none of the above
};
inline constexpr std::array<std::string_view, 6> scanner_names{"unknown", "zmap", "masscan",
                                                               "mirai",   "nmap", "irregular"};
[[nodiscard]] constexpr std::string_view name_of(Scanner scanner) {
    return scanner_names.at(static_cast<std::size_t>(scanner));
}

/// What is irregular about a request for a connection (TCP, SYN alone): the four marks of Hiesgen et al.,
/// "Spoki: Unveiling a New Wave of Scanners through a Reactive Network Telescope", USENIX Security 2022.
struct SynIrregularity {
    bool no_options : 1 = false;
    bool high_ttl : 1 = false;  ///< above 200
    bool ip_id : 1 = false;     ///< 54321
    bool sequence : 1 = false;  ///< the address that it asks

    [[nodiscard]] bool any() const { return no_options || high_ttl || ip_id || sequence; }
    friend bool operator==(const SynIrregularity&, const SynIrregularity&) = default;
};
inline constexpr std::array<std::string_view, 4> syn_irregularity_names{"no_options", "high_ttl", "ip_id",
                                                                        "sequence"};

/// `destination`: of the packet. Nothing is irregular about a packet that asks for no connection.
[[nodiscard]] SynIrregularity irregularity_of(const FirstPacket& packet, Ipv4Address destination);

/// `destination`, `port`: of the packet. Pure, and fast enough for each session that begins.
[[nodiscard]] Scanner scanner_of(const FirstPacket& packet, Ipv4Address destination, std::uint16_t port);

}  // namespace honeyswitch
