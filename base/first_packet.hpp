// What the headers of a flow's first packet say of who sent it: the fields by which operating systems and
// scanners are told apart, in 28 bytes, so that they can be kept for as long as the flow.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "base/headers.hpp"

namespace honeyswitch {

namespace tcp_option {  // RFC 9293, 7323, 2018
inline constexpr std::uint8_t end = 0, nop = 1, mss = 2, window_scale = 3, sack_permitted = 4, timestamp = 8;
}

/// All numbers in host byte order. What a protocol does not have is zero.
struct FirstPacket {
    /// Options beyond these are counted, and their kinds are not kept.
    static constexpr unsigned most_options = 8;

    std::uint32_t tcp_sequence = 0;
    std::uint16_t ip_id = 0, ip_length = 0;  ///< the latter in bytes, with the IPv4 header
    std::uint16_t tcp_window = 0;            ///< as it stands in the header, not scaled
    std::uint16_t tcp_mss = 0;               ///< of the option; 0: there is none
    std::uint8_t ttl = 0, tos = 0;
    std::uint8_t tcp_flags = 0;
    std::uint8_t tcp_window_scale = 0;                     ///< of the option
    std::uint8_t tcp_option_count = 0;                     ///< end of list and no-operation among them
    std::array<std::uint8_t, most_options> tcp_options{};  ///< their kinds, in order
    bool tcp : 1 = false;                                  ///< it has a whole TCP header
    bool dont_fragment : 1 = false;
    bool timestamp_all_ones : 1 = false;  ///< of the option: what nmap sends
    bool broken_options : 1 = false;      ///< they end in the middle of one, or one has no length

    friend bool operator==(const FirstPacket&, const FirstPacket&) = default;

    [[nodiscard]] bool opens_connection() const { return tcp && tcp_flag::asks(tcp_flags); }
};
static_assert(sizeof(FirstPacket) <= 28);

/// `packet` begins with the IPv4 header, and may end early: what is not there stays zero. Precondition: it
/// has a whole IPv4 header without contradictions.
[[nodiscard]] FirstPacket read_first_packet(std::span<const std::uint8_t> packet);

/// Kinds in order, as p0f writes them: "mss1460,nop,ws8,nop,nop,sok"; others by their number, "?19"; "+" at
/// the end: there are more; "!": the rest cannot be read. Empty: there are none.
[[nodiscard]] std::string tcp_options_text(const FirstPacket& packet);

}  // namespace honeyswitch
