// The last stage, and the only way out of a worker: a packet leaves by a port, goes to the control thread or
// ends here, each for a reason that is counted as it leaves. Nothing else in a worker sends a packet, frees
// one or counts what became of it. There is one for each worker, with a transmit queue of its own on every
// port.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/eal/burst.hpp"
#include "dataplane/eal/counters.hpp"
#include "dataplane/eal/mbuf_ring.hpp"
#include "dataplane/eal/side.hpp"

namespace honeyswitch::dataplane {

/// Why a packet leaves the worker, and by which port.
struct Exit {
    Counter reason;
    PortIndex port = no_port;  ///< none: it is dropped, or the control thread's
};

/// A packet of a burst that leaves for another reason than the others.
struct OddPacket {
    std::uint8_t place;  ///< among those of the burst
    Counter reason;
};

class Transmitter {
  public:
    /// `port_ids`: DPDK's numbers of the first `port_count` ports, by PortIndex.
    Transmitter(const std::array<std::uint16_t, most_ports>& port_ids, std::size_t port_count,
                PortLayout layout, std::uint16_t queue, Counters& counters)
        : port_count_(static_cast<PortIndex>(port_count)),
          layout_(layout),
          port_ids_(port_ids),
          queue_(queue),
          counters_(counters),
          given_up_(layout.mirror_bits()) {}

    // All of these take the packets over.

    /// It leaves at the next flush, behind those sent to this port before.
    void send(rte_mbuf* packet, Exit exit) {
        leave({&packet, 1}, exit);
        Queue& queue = queues_[exit.port];
        queue.packets[queue.count++] = packet;
        if (queue.count == queue.packets.size()) flush(exit.port);
    }
    /// The same for a whole burst, which leaves at once. `odd`: those of other reasons, in order.
    void send(std::span<rte_mbuf*> packets, Exit exit, std::span<const OddPacket> odd = {});
    /// The packet ends here for this reason; its buffer is free again at the next flush.
    void discard(rte_mbuf* packet, Counter reason) {
        leave({&packet, 1}, {reason});
        discarded_.packets[discarded_.count++] = packet;
        if (discarded_.count == discarded_.packets.size()) free_discarded();
    }
    /// The same for several; their buffers are free at once.
    void discard(std::span<rte_mbuf*> packets, Counter reason);
    /// Gives as many as it can take to the control thread, and returns how many; those behind them are still
    /// the caller's.
    [[nodiscard]] unsigned hand_over(std::span<rte_mbuf*> packets, MbufRing& ring);
    /// The same with copies, of which none is the caller's any more: what finds no room ends here.
    [[nodiscard]] unsigned hand_over_copies(std::span<rte_mbuf*> copies, MbufRing& ring);
    void flush();

    // A burst that passes in the order in which it came, whatever is decided about each of its packets.

    /// Why this packet is going to leave by the exit's port. It is still the caller's …
    void note(rte_mbuf* packet, Exit exit) { leave({&packet, 1}, exit); }
    /// … until all of its burst leaves. Precondition: each was noted once, with this port.
    void send_noted(std::span<rte_mbuf*> packets, PortIndex port) {
        flush(port);
        transmit(port, packets);
    }

    /// The same, where none of them goes anywhere: all end here, for this reason too.
    void end_noted(std::span<rte_mbuf*> packets, Counter reason) { discard(packets, reason); }

    /// Any thread: nothing is given to this port from a grace period on; it is lost like what finds its queue
    /// full.
    void give_up(PortIndex port) { given_up_.fetch_or(1U << port, std::memory_order_relaxed); }
    /// Any thread: frames dropped because this port's queue stayed full.
    [[nodiscard]] std::uint64_t dropped_at(PortIndex port) const {
        return dropped_[port].load(std::memory_order_relaxed);
    }

  private:
    struct Queue {
        std::array<rte_mbuf*, burst_size> packets;
        std::size_t count = 0;
    };
    /// Every packet passes here once, on its way out. The buffers of those that are handed over may be the
    /// control thread's already; all others are still here.
    void leave(std::span<rte_mbuf* const> packets, Exit exit, std::span<const OddPacket> odd = {}) {
        counters_.add(exit.reason, packets.size() - odd.size());
        for (const OddPacket& one : odd) counters_.add(one.reason);
    }
    void flush(PortIndex port);
    void free_discarded();
    void transmit(PortIndex port, std::span<rte_mbuf*> packets);

    PortIndex port_count_;
    PortLayout layout_;
    std::array<std::uint16_t, most_ports> port_ids_;
    std::uint16_t queue_;
    Counters& counters_;
    std::array<Queue, most_ports> queues_;
    Queue discarded_;
    std::array<std::atomic<std::uint64_t>, most_ports> dropped_{};
    /// A bit for each port. Mirrors' are there from the start: whatever asks for it, nothing goes there.
    std::atomic<std::uint32_t> given_up_;
};
static_assert(most_ports <= 32);

}  // namespace honeyswitch::dataplane
