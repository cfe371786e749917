// The last stage: out of the ports. One for each worker, with a transmit queue of its own on every port.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <rte_mbuf.h>

#include "dataplane/burst.hpp"
#include "dataplane/counters.hpp"
#include "dataplane/side.hpp"

namespace honeyswitch::dataplane {

class Transmitter {
  public:
    Transmitter(std::array<std::uint16_t, side_count> port_ids, std::uint16_t queue, Counters& counters)
        : port_ids_(port_ids), queue_(queue), counters_(counters) {}

    /// Takes the packet over; it leaves at the next flush, behind those sent to this side before.
    void send(Side side, rte_mbuf* packet) {
        Pending& pending = pending_[static_cast<std::size_t>(side)];
        pending.packets[pending.count++] = packet;
        if (pending.count == pending.packets.size()) flush(side);
    }
    /// The same for a whole burst.
    void send(Side side, std::span<rte_mbuf*> packets);
    void flush();

  private:
    struct Pending {
        std::array<rte_mbuf*, burst_size> packets;
        std::size_t count = 0;
    };
    void flush(Side side);
    void transmit(Side side, std::span<rte_mbuf*> packets);

    std::array<std::uint16_t, side_count> port_ids_;
    std::uint16_t queue_;
    Counters& counters_;
    std::array<Pending, side_count> pending_;
};

}  // namespace honeyswitch::dataplane
