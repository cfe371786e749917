// The Switch that is made of dataplane/: flows become entries of its tables, Packet-Ins and Packet-Outs go
// over its rings.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "control/control_counters.hpp"
#include "control/switch.hpp"
#include "dataplane/data_plane.hpp"

namespace honeyswitch::control {

class DpdkSwitch final : public Switch {
  public:
    DpdkSwitch(dataplane::DataPlane& plane, rte_mempool& buffers)
        : plane_(plane), buffers_(buffers), outgoing_(plane.workers().size()) {}

    [[nodiscard]] std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                                        std::span<const Ipv4Address> active) override;
    void delete_domain(Ipv4Prefix prefix) override;
    void add_active(Ipv4Address address) override { plane_.addresses().set_active(address.value, true); }
    void delete_active(Ipv4Address address) override { plane_.addresses().set_active(address.value, false); }

    [[nodiscard]] std::optional<FlowId> add_session(const SessionKey& key, const L2Path& path,
                                                    HoneypotId honeypot, TimePoint now) override;
    [[nodiscard]] std::optional<FlowId> find_session(const SessionKey& key) const override;
    void delete_sessions(std::span<const FlowId> flows) override;
    [[nodiscard]] TimePoint last_seen(FlowId flow) const override;
    [[nodiscard]] std::optional<SessionStats> session(FlowId flow) const override;
    [[nodiscard]] std::uint32_t session_capacity() const override { return plane_.sessions().capacity(); }
    [[nodiscard]] std::uint32_t session_count() const override { return plane_.sessions().size(); }
    [[nodiscard]] std::uint64_t sessions_in(Ipv4Prefix domain) const override;

    [[nodiscard]] Barrier barrier_request() override {
        flush();  // what was decided before the barrier leaves before it
        return plane_.quiescence().start();
    }
    [[nodiscard]] bool barrier_reached(Barrier barrier) const override {
        return plane_.quiescence().passed(barrier);
    }

    void packet_out(BufferId buffer, FlowId flow) override;
    void packet_out_inside(BufferId buffer) override;
    void packet_out_honeypot(BufferId buffer, HoneypotId honeypot) override;
    void drop(BufferId buffer) override;

    [[nodiscard]] std::size_t take_sightings(std::span<Ipv4Address> addresses) override;
    void ask_sighted(Ipv4Address address) override { plane_.addresses().ask_sighted(address.value); }
    [[nodiscard]] bool end_sighting(Ipv4Address address) override {
        return plane_.addresses().end_sighting(address.value);
    }

    // For the loop that drives it
    // -------------------------------------------------------------------------------------

    static constexpr std::size_t burst = dataplane::burst_size;
    /// The workers' Packet-Ins, a burst at most. Returns how many. Frames that cannot be parsed are sent on
    /// inside.
    [[nodiscard]] std::size_t receive(std::span<PacketIn, burst> packets);
    /// Hands the Packet-Outs since the last flush to the workers.
    void flush();
    /// Takes back what is free after its grace period.
    void reclaim();
    /// A frame of the controller's own, out of the honeypot port. False: no buffer, or no room.
    [[nodiscard]] bool send_to_honeypot(std::span<const std::uint8_t> frame);
    /// The time of the next `packet_out`s: what they count as the session's last packet.
    void set_time(TimePoint now) { now_ = now; }

    /// Packet-Outs that found no room on the way to a worker.
    [[nodiscard]] std::uint64_t packet_outs_dropped() const { return packet_outs_dropped_; }

  private:
    [[nodiscard]] bool describe(rte_mbuf* packet, PacketIn& description);
    void warm(std::span<const PacketIn> packets) const;
    void send(rte_mbuf* packet, dataplane::Side side);
    void flush(std::size_t worker);
    void insist(rte_mbuf* packet, dataplane::MbufRing& egress);

    struct Outgoing {
        std::array<rte_mbuf*, burst> packets;
        std::size_t count = 0;
    };

    dataplane::DataPlane& plane_;
    rte_mempool& buffers_;
    TimePoint now_{};
    std::size_t next_worker_ = 0;
    std::vector<Outgoing> outgoing_;  ///< for each worker
    std::uint64_t packet_outs_dropped_ = 0;
};

}  // namespace honeyswitch::control
