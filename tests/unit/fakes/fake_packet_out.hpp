// Packet-Outs that are remembered.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "control/controller/packet_out.hpp"

namespace honeyswitch::control {

class FakePacketOut : public PacketOut {
  public:
    enum class Sent { inside, honeypot, honeypot_no_session, outside, dropped };
    struct Out {
        std::uintptr_t buffer;
        Sent to;
        friend bool operator==(const Out&, const Out&) = default;
    };

    void packet_out(BufferId buffer, FlowId, TimePoint) override {
        out(buffer,
            from_honeypot.contains(static_cast<std::uintptr_t>(buffer)) ? Sent::outside : Sent::honeypot);
    }
    void packet_out_inside(BufferId buffer) override { out(buffer, Sent::inside); }
    void packet_out_honeypot(BufferId buffer, HoneypotId) override { out(buffer, Sent::honeypot_no_session); }
    void drop(BufferId buffer) override { out(buffer, Sent::dropped); }

    FirstPacket headers_of(BufferId buffer) const override {
        const auto place = headers.find(static_cast<std::uintptr_t>(buffer));
        return place == headers.end() ? FirstPacket{} : place->second;
    }

    std::vector<Out> packet_outs;
    std::map<std::uintptr_t, FirstPacket> headers;
    std::set<std::uintptr_t> from_honeypot;

  private:
    void out(BufferId buffer, Sent to) { packet_outs.push_back({static_cast<std::uintptr_t>(buffer), to}); }
};

}  // namespace honeyswitch::control
