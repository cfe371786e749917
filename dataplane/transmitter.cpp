#include "dataplane/transmitter.hpp"

#include <rte_ethdev.h>

namespace honeyswitch::dataplane {
namespace {

/// A full queue of a NIC at line rate has room again within microseconds. The link's traffic is worth waiting
/// for that long; the honeypot's is not, or a blocked honeypot would hold up the link.
constexpr int patience_for_the_link = 64;

}  // namespace

void Transmitter::send(Side side, std::span<rte_mbuf*> packets) {
    flush(side);
    transmit(side, packets);
}

void Transmitter::flush(Side side) {
    Pending& pending = pending_[static_cast<std::size_t>(side)];
    if (pending.count == 0) return;
    transmit(side, std::span(pending.packets).first(pending.count));
    pending.count = 0;
}

void Transmitter::flush() {
    for (const Side side : {Side::outside, Side::inside, Side::honeypot}) flush(side);
}

void Transmitter::transmit(Side side, std::span<rte_mbuf*> packets) {
    const std::uint16_t port = port_ids_[static_cast<std::size_t>(side)];
    int attempts = side == Side::honeypot ? 1 : patience_for_the_link;
    while (!packets.empty() && attempts-- > 0)
        packets = packets.subspan(
            rte_eth_tx_burst(port, queue_, packets.data(), static_cast<std::uint16_t>(packets.size())));
    if (packets.empty()) [[likely]]
        return;
    constexpr std::array dropped{Counter::tx_dropped_outside, Counter::tx_dropped_inside,
                                 Counter::tx_dropped_honeypot};
    counters_.add(dropped[static_cast<std::size_t>(side)], packets.size());
    rte_pktmbuf_free_bulk(packets.data(), static_cast<unsigned>(packets.size()));
}

}  // namespace honeyswitch::dataplane
