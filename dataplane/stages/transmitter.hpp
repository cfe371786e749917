// The last stage: out of the ports. One for each worker, with a transmit queue of its own on every port.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/counters.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::dataplane {

class Transmitter {
  public:
    /// `port_ids`: DPDK's numbers of the first `port_count` ports, by PortIndex.
    Transmitter(const std::array<std::uint16_t, most_ports>& port_ids, std::size_t port_count,
                std::uint16_t queue, Counters& counters)
        : port_count_(static_cast<PortIndex>(port_count)),
          port_ids_(port_ids),
          queue_(queue),
          counters_(counters) {}

    /// Takes the packet over; it leaves at the next flush, behind those sent to this port before.
    void send(PortIndex port, rte_mbuf* packet) {
        Pending& pending = pending_[port];
        pending.packets[pending.count++] = packet;
        if (pending.count == pending.packets.size()) flush(port);
    }
    /// The same for a whole burst.
    void send(PortIndex port, std::span<rte_mbuf*> packets);
    /// Takes the packet over, which ends here for this reason; its buffer is free again at the next flush. No
    /// worker drops a packet in any other way.
    void discard(rte_mbuf* packet, Counter reason) {
        counters_.add(reason);
        discarded_.packets[discarded_.count++] = packet;
        if (discarded_.count == discarded_.packets.size()) free_discarded();
    }
    /// The same for several; their buffers are free at once.
    void discard(std::span<rte_mbuf*> packets, Counter reason);
    void flush();

    /// Any thread: frames dropped because this port's queue stayed full.
    [[nodiscard]] std::uint64_t dropped_at(PortIndex port) const {
        return dropped_[port].load(std::memory_order_relaxed);
    }

  private:
    struct Pending {
        std::array<rte_mbuf*, burst_size> packets;
        std::size_t count = 0;
    };
    void flush(PortIndex port);
    void free_discarded();
    void transmit(PortIndex port, std::span<rte_mbuf*> packets);

    PortIndex port_count_;
    std::array<std::uint16_t, most_ports> port_ids_;
    std::uint16_t queue_;
    Counters& counters_;
    std::array<Pending, most_ports> pending_;
    Pending discarded_;
    std::array<std::atomic<std::uint64_t>, most_ports> dropped_{};
};

}  // namespace honeyswitch::dataplane
