// From a worker's ring to what the controller is told of a Packet-In.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.hpp"
#include "control/controller/packet_in.hpp"
#include "control/dpdk/packet_outs.hpp"
#include "dataplane/data_plane.hpp"
#include "dataplane/stages/packet_in_note.hpp"

namespace honeyswitch::control {

/// What honeypots do of their own accord, for who watches over them.
class HoneypotListener {
  public:
    /// An IPv4 packet to the probe source, or an ARP packet, with its Ethernet header and tags; from honeypot
    /// port `port` (0 to 7).
    virtual void heard(std::size_t port, std::span<const std::uint8_t> frame, TimePoint now) = 0;

  protected:
    ~HoneypotListener() = default;
};

/// Control thread.
class PacketIns {
  public:
    static constexpr std::size_t burst = dataplane::burst_size;

    PacketIns(dataplane::DataPlane& plane, PacketOuts& outs) : plane_(plane), outs_(outs) {}

    /// One worker's Packet-Ins, a burst at most, by turns. Returns how many. What honeypots do of their own
    /// accord goes to `listener`, and what comes from one that is in service no more is dropped.
    [[nodiscard]] std::size_t receive(std::span<PacketIn, burst> packets, HoneypotListener& listener,
                                      TimePoint now);

  private:
    [[nodiscard]] bool hear(rte_mbuf* packet, const dataplane::PacketInNote& note, HoneypotListener& listener,
                            TimePoint now);
    [[nodiscard]] bool describe(rte_mbuf* packet, const dataplane::PacketInNote& note, PacketIn& description);
    void judge(std::span<PacketIn> packets, TimePoint now) const;

    dataplane::DataPlane& plane_;
    PacketOuts& outs_;
    std::size_t next_worker_ = 0;
};

}  // namespace honeyswitch::control
