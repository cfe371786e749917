// Packets that the control thread is done with, on their way back to the workers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "control/controller/control_counters.hpp"
#include "control/controller/packet_out.hpp"
#include "dataplane/data_plane.hpp"
#include "dataplane/stages/packet_in_note.hpp"

namespace honeyswitch::control {

/// Which honeypot sent this frame: by port, VLAN and MAC address, `guess` first; where there is only one, all
/// that comes is its. `no_honeypot`: nobody's that is in service. Control thread.
[[nodiscard]] dataplane::HoneypotIndex sender_of(const dataplane::DataPlane& plane, const rte_mbuf* packet,
                                                 const dataplane::PacketInNote& note,
                                                 dataplane::HoneypotIndex guess);

/// Control thread. Every buffer that comes here has a note with the worker that it goes back to.
class PacketOuts final : public PacketOut {
  public:
    /// `buffers`: where frames of the controller's own come from.
    PacketOuts(dataplane::DataPlane& plane, rte_mempool& buffers, ControlCounters& counters)
        : plane_(plane), buffers_(buffers), counters_(counters), outgoing_(plane.workers().size()) {}

    void packet_out(BufferId buffer, FlowId flow, TimePoint now) override;
    void packet_out_inside(BufferId buffer) override;
    void packet_out_honeypot(BufferId buffer, HoneypotId honeypot) override;
    void drop(BufferId buffer) override;
    [[nodiscard]] FirstPacket headers_of(BufferId buffer) const override;

    [[nodiscard]] static BufferId buffer_of(rte_mbuf* packet) {
        return BufferId{reinterpret_cast<std::uintptr_t>(packet)};
    }
    /// The only other place where a packet ends here.
    void drop(rte_mbuf* packet, ControlCounter reason);

    /// A frame of the controller's own, untagged, out of a honeypot port and with a tag of this VLAN (0:
    /// none). False: no buffer.
    [[nodiscard]] bool send_to_honeypot(std::span<const std::uint8_t> frame, dataplane::PortIndex port,
                                        std::uint16_t vlan);

    /// A turn of the control thread begins, whose Packet-Outs may together wait for room for 20 ms.
    void begin_turn();
    /// So many Packet-Ins of this worker have come.
    void received(std::size_t worker, std::uint64_t packets) { outgoing_[worker].received += packets; }
    /// Hands the Packet-Outs since the last flush to the workers.
    void flush();
    /// The same, when all that was received is dealt with: fragments that came behind need not wait for it.
    void settle();

  private:
    struct Outgoing {
        std::array<rte_mbuf*, dataplane::burst_size> packets;
        std::size_t count = 0;
        std::uint64_t received = 0, settled = 0;  ///< Packet-Ins of this worker; what it was told of them
    };

    /// Nothing goes to a honeypot: what is still on its way through here passes.
    [[nodiscard]] bool observes() const { return plane_.modes().diverting == dataplane::Diverting::nothing; }
    void send_back(rte_mbuf* packet, const dataplane::PacketInNote& note, dataplane::Session& session,
                   TimePoint now);
    void to_no_honeypot(rte_mbuf* packet, bool dropped);
    void send_inside(rte_mbuf* packet);
    void send(rte_mbuf* packet, dataplane::PortIndex port);
    void flush(std::size_t worker);
    void insist(std::span<rte_mbuf*> packets, dataplane::MbufRing& packet_outs);

    dataplane::DataPlane& plane_;
    rte_mempool& buffers_;
    ControlCounters& counters_;
    dataplane::PathNumber latest_path_ = 0;  ///< of sessions
    std::vector<Outgoing> outgoing_;         ///< for each worker
    std::uint64_t patience_ = 0;  ///< TSC cycles that Packet-Outs of this turn may still wait for room
};

}  // namespace honeyswitch::control
