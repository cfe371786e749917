// What becomes of a Packet-In: each buffer is handed back by exactly one of these. Control thread.
#pragma once

#include "base/clock.hpp"
#include "base/first_packet.hpp"
#include "control/controller/switch_ids.hpp"

namespace honeyswitch::control {

class PacketOut {
  public:
    virtual ~PacketOut() = default;

    /// As the session's flow says: to its honeypot, or back outside. Counted for the flow, whose last packet
    /// it is.
    virtual void packet_out(BufferId buffer, FlowId flow, TimePoint now) = 0;
    virtual void packet_out_inside(BufferId buffer) = 0;
    /// To a honeypot without a session.
    virtual void packet_out_honeypot(BufferId buffer, HoneypotId honeypot) = 0;
    virtual void drop(BufferId buffer) = 0;

    /// What its headers say of who sent it. Precondition: it is a Packet-In, and has not been handed back.
    [[nodiscard]] virtual FirstPacket headers_of(BufferId buffer) const = 0;

  protected:
    PacketOut() = default;
    PacketOut(const PacketOut&) = default;
    PacketOut& operator=(const PacketOut&) = default;
};

}  // namespace honeyswitch::control
