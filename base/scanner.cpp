#include "base/scanner.hpp"

#include <algorithm>
#include <initializer_list>
#include <span>

namespace honeyswitch {
namespace {

constexpr std::uint16_t zmap_ip_id = 54'321;
/// Operating systems begin with 64, 128 or 255, and those that begin with 255 are no clients; hardly a way
/// through the Internet is longer than 30 hops.
constexpr std::uint8_t highest_ordinary_ttl = 200;

bool has_options(const FirstPacket& packet, std::initializer_list<std::uint8_t> kinds) {
    if (packet.tcp_option_count != kinds.size()) return false;
    return std::ranges::equal(kinds, std::span(packet.tcp_options).first(kinds.size()));
}

bool has_mss_alone(const FirstPacket& packet) {
    return has_options(packet, {tcp_option::mss});
}

/// Since version 4 it has a random IP identification and options like those of an operating system (by
/// default Windows'), but keeps the greatest window, the highest TTL, and forbids no fragmentation.
bool is_newer_zmap(const FirstPacket& packet) {
    using namespace tcp_option;
    if (packet.tcp_window != 65'535 || packet.ttl <= highest_ordinary_ttl || packet.dont_fragment)
        return false;
    return packet.tcp_option_count == 0 || has_mss_alone(packet) ||
           has_options(packet, {mss, nop, window_scale, nop, nop, sack_permitted}) ||
           has_options(packet, {mss, sack_permitted, timestamp, nop, window_scale}) ||
           has_options(packet, {mss, nop, window_scale, nop, nop, timestamp, sack_permitted, end});
}

bool is_masscan(const FirstPacket& packet, Ipv4Address destination, std::uint16_t port) {
    return !packet.dont_fragment &&
           packet.ip_id == static_cast<std::uint16_t>(destination.value ^ port ^ packet.tcp_sequence);
}

/// A SYN scan has one of four windows, the MSS option alone, a TTL between 37 and 59 at its start, and
/// forbids no fragmentation. The probes of OS detection have a timestamp of all ones.
bool is_nmap(const FirstPacket& packet) {
    if (packet.timestamp_all_ones) return true;
    const bool window =
        packet.tcp_window >= 1'024 && packet.tcp_window <= 4'096 && packet.tcp_window % 1'024 == 0;
    return window && has_mss_alone(packet) && packet.tcp_mss == 1'460 && packet.ttl < 60 &&
           !packet.dont_fragment;
}

}  // namespace

SynIrregularity irregularity_of(const FirstPacket& packet, Ipv4Address destination) {
    if (!packet.opens_connection()) return {};
    return {.no_options = packet.tcp_option_count == 0,
            .high_ttl = packet.ttl > highest_ordinary_ttl,
            .ip_id = packet.ip_id == zmap_ip_id,
            .sequence = packet.tcp_sequence == destination.value};
}

/// The marks that one in 4 billion packets has by chance come first, then those of one in 65,536.
Scanner scanner_of(const FirstPacket& packet, Ipv4Address destination, std::uint16_t port) {
    if (!packet.opens_connection()) return Scanner::unknown;
    const SynIrregularity irregular = irregularity_of(packet, destination);
    if (irregular.sequence) return Scanner::mirai;
    if (irregular.ip_id) return Scanner::zmap;
    if (is_masscan(packet, destination, port)) return Scanner::masscan;
    if (is_nmap(packet)) return Scanner::nmap;
    if (is_newer_zmap(packet)) return Scanner::zmap;
    return irregular.any() ? Scanner::irregular : Scanner::unknown;
}

}  // namespace honeyswitch
