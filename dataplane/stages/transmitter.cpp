#include "dataplane/stages/transmitter.hpp"

#include <rte_ethdev.h>

namespace honeyswitch::dataplane {
namespace {

/// A full queue of a NIC at line rate has room again within microseconds. The link's traffic is worth waiting
/// for that long; the honeypot's is not, or a blocked honeypot would hold up the link.
constexpr int patience_for_the_link = 64;

}  // namespace

void Transmitter::send(std::span<rte_mbuf*> packets, Exit exit, std::span<const OddPacket> odd) {
    leave(packets, exit, odd);
    flush(exit.port);
    transmit(exit.port, packets);
}

void Transmitter::flush(PortIndex port) {
    Queue& queue = queues_[port];
    if (queue.count == 0) return;
    transmit(port, std::span(queue.packets).first(queue.count));
    queue.count = 0;
}

void Transmitter::flush() {
    for (PortIndex port = 0; port < port_count_; ++port) flush(port);
    free_discarded();
}

void Transmitter::discard(std::span<rte_mbuf*> packets, Counter reason) {
    if (packets.empty()) return;
    leave(packets, {reason});
    rte_pktmbuf_free_bulk(packets.data(), static_cast<unsigned>(packets.size()));
}

unsigned Transmitter::hand_over(std::span<rte_mbuf*> packets, MbufRing& ring) {
    const unsigned taken = ring.give(packets);
    leave(packets.first(taken), {Counter::packet_in_handed_over});
    return taken;
}

unsigned Transmitter::hand_over_copies(std::span<rte_mbuf*> copies, MbufRing& ring) {
    const unsigned taken = ring.give(copies);
    leave(copies.first(taken), {Counter::packet_in_copied});
    const auto refused = copies.subspan(taken);
    if (!refused.empty()) rte_pktmbuf_free_bulk(refused.data(), static_cast<unsigned>(refused.size()));
    return taken;
}

void Transmitter::free_discarded() {
    if (discarded_.count == 0) return;
    rte_pktmbuf_free_bulk(discarded_.packets.data(), static_cast<unsigned>(discarded_.count));
    discarded_.count = 0;
}

void Transmitter::transmit(PortIndex port, std::span<rte_mbuf*> packets) {
    int attempts = layout_.is_of_a_link(port) ? patience_for_the_link : 1;
    if ((given_up_.load(std::memory_order_relaxed) >> port & 1U) != 0) [[unlikely]]
        attempts = 0;
    while (!packets.empty() && attempts-- > 0)
        packets = packets.subspan(rte_eth_tx_burst(port_ids_[port], queue_, packets.data(),
                                                   static_cast<std::uint16_t>(packets.size())));
    if (packets.empty()) [[likely]]
        return;
    // By a mirror's port nobody sends; if somebody did, it would be as by an outside that is gone.
    constexpr std::array dropped{Counter::tx_dropped_outside, Counter::tx_dropped_inside,
                                 Counter::tx_dropped_honeypot, Counter::tx_dropped_outside};
    counters_.add(dropped[static_cast<std::size_t>(layout_.side_of(port))], packets.size());
    dropped_[port].store(dropped_[port].load(std::memory_order_relaxed) + packets.size(),
                         std::memory_order_relaxed);
    rte_pktmbuf_free_bulk(packets.data(), static_cast<unsigned>(packets.size()));
}

}  // namespace honeyswitch::dataplane
