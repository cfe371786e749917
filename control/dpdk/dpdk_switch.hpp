// The Switch that is made of dataplane/: flows become entries of its tables, Packet-Ins and Packet-Outs go
// over its rings.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "control/controller/control_counters.hpp"
#include "control/controller/switch.hpp"
#include "dataplane/data_plane.hpp"

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

class DpdkSwitch final : public Switch {
  public:
    DpdkSwitch(dataplane::DataPlane& plane, rte_mempool& buffers)
        : plane_(plane), buffers_(buffers), outgoing_(plane.workers().size()) {}

    [[nodiscard]] std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                                        std::span<const Ipv4Address> active) override;
    void delete_domain(Ipv4Prefix prefix) override;
    void add_active(Ipv4Address address) override { plane_.addresses().set_active(address.value, true); }
    void delete_active(Ipv4Address address) override { plane_.addresses().set_active(address.value, false); }

    [[nodiscard]] std::optional<FlowId> add_session(const SessionFlow& session, TimePoint now) override;
    [[nodiscard]] std::optional<FlowId> find_session(const SessionKey& key) const override {
        return flow_of(plane_.sessions().find(key));
    }
    [[nodiscard]] std::optional<FlowId> find_session(const PacketIn& packet) const override {
        return flow_of(plane_.sessions().find(packet.key, packet.hash));
    }
    void end_session(FlowId flow) override {
        plane_.sessions().at(std::to_underlying(flow)).ended.store(true, std::memory_order_release);
    }
    [[nodiscard]] bool ended(FlowId flow) const override {
        return plane_.sessions().at(std::to_underlying(flow)).ended.load(std::memory_order_acquire);
    }
    void delete_sessions(std::span<const FlowId> flows) override;
    [[nodiscard]] TimePoint last_seen(FlowId flow) const override;
    [[nodiscard]] std::optional<SessionStats> session(FlowId flow) const override;
    [[nodiscard]] std::optional<SessionProgress> take_progress(FlowId flow) override;
    [[nodiscard]] std::size_t take_payloads(std::span<FlowId> flows) override;
    [[nodiscard]] std::uint32_t session_capacity() const override { return plane_.sessions().capacity(); }
    [[nodiscard]] std::uint32_t session_count() const override { return plane_.sessions().size(); }
    [[nodiscard]] std::uint64_t sessions_in(Ipv4Prefix domain) const override;

    /// What the operator has a word on; nobody but this writes what workers are told beside the tables.
    void set_modes(const dataplane::ModeSettings& modes) { plane_.modes().set(modes); }
    void admit_by_handshake(bool handshake) override { plane_.modes().handshake = handshake; }
    [[nodiscard]] std::optional<HoneypotId> choose(PoolId pool, const SessionKey& key) const override;
    [[nodiscard]] bool drops(PoolId pool) const override {
        return plane_.pools().drops(std::to_underlying(pool));
    }
    [[nodiscard]] bool on_campus(Ipv4Address address) const override {
        return plane_.policy().get().on_campus(address.value);
    }
    [[nodiscard]] bool move_source(Ipv4Address source, PoolId from, PoolId to) override;
    void move_back(Ipv4Address source) override;

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
    [[nodiscard]] bool is_sighted(Ipv4Address address) const override {
        return plane_.addresses().is_sighted(address.value);
    }
    void ask_sighted(Ipv4Address address) override { plane_.addresses().ask_sighted(address.value); }
    [[nodiscard]] bool end_sighting(Ipv4Address address, bool alone) override {
        return plane_.addresses().end_sighting(address.value, alone);
    }

    /// Running sessions of a honeypot, companions of fragments among them.
    [[nodiscard]] std::uint32_t sessions_of(HoneypotId honeypot) const {
        return honeypot_sessions_.at(std::to_underlying(honeypot));
    }

    // For the loop that drives it
    // -------------------------------------------------------------------------------------

    static constexpr std::size_t burst = dataplane::burst_size;
    /// The workers' Packet-Ins, a burst at most. Returns how many. What honeypots do of their own accord goes
    /// to `listener`.
    [[nodiscard]] std::size_t receive(std::span<PacketIn, burst> packets, HoneypotListener& listener);
    /// Hands the Packet-Outs since the last flush to the workers.
    void flush();
    /// The same, when all that was received is dealt with: fragments that came behind need not wait for it.
    void settle();
    /// Until no worker reads what was replaced before this: microseconds, or 100 ms if one has no CPU.
    void wait_for_workers();
    /// Takes back what is free after its grace period.
    void reclaim();
    /// A frame of the controller's own, untagged, out of a honeypot port and with a tag of this VLAN (0:
    /// none). False: no buffer.
    [[nodiscard]] bool send_to_honeypot(std::span<const std::uint8_t> frame, dataplane::PortIndex port,
                                        std::uint16_t vlan);
    /// Lets the running sessions of `from` go to another honeypot of `pool`: of those in `count` places of
    /// the table from `first` on. Where there is none they stay.
    void move_sessions(HoneypotId from, std::uint32_t first, std::uint32_t count, PoolId pool);
    /// Honeypots have other numbers now: that of old number i is `numbers[i]`. Sessions of one that is gone
    /// (`no_honeypot`) go to one of the default pool. Looks at the whole table at once: a reload is rare.
    void renumber_honeypots(std::span<const std::uint8_t> numbers);
    /// The policy of a new configuration. The old one goes after a grace period.
    void set_policy(std::unique_ptr<const dataplane::Policy> policy);
    /// A turn begins. The time of its `packet_out`s: what they count as the session's last packet.
    void set_time(TimePoint now);

    /// What has become of packets here, beside what the controller counts.
    [[nodiscard]] const ControlCounters& counters() const { return counters_; }

    /// Told of each source that goes to another pool. For the log alone.
    using MoveWitness = std::function<void(Ipv4Address, PoolId from, PoolId to)>;
    void set_move_witness(MoveWitness witness) { move_witness_ = std::move(witness); }

  private:
    MoveWitness move_witness_ = [](Ipv4Address, PoolId, PoolId) {};

    [[nodiscard]] static std::optional<FlowId> flow_of(std::optional<dataplane::SessionTable::Index> index) {
        return index ? std::optional(FlowId{*index}) : std::nullopt;
    }
    [[nodiscard]] bool hear(rte_mbuf* packet, const dataplane::PacketInNote& note,
                            HoneypotListener& listener);
    [[nodiscard]] bool describe(rte_mbuf* packet, const dataplane::PacketInNote& note, PacketIn& description);
    void judge(std::span<PacketIn> packets) const;
    void rehome(dataplane::Session& session, dataplane::HoneypotIndex honeypot);
    [[nodiscard]] dataplane::HoneypotIndex sender_of(rte_mbuf* packet, const dataplane::PacketInNote& note,
                                                     dataplane::HoneypotIndex guess) const;
    void send_back(rte_mbuf* packet, const dataplane::PacketInNote& note, dataplane::Session& session);
    void to_no_honeypot(rte_mbuf* packet, bool dropped);
    void drop(rte_mbuf* packet, ControlCounter reason);
    void send(rte_mbuf* packet, dataplane::PortIndex port);
    void flush(std::size_t worker);
    void insist(std::span<rte_mbuf*> packets, dataplane::MbufRing& egress);

    struct Outgoing {
        std::array<rte_mbuf*, burst> packets;
        std::size_t count = 0;
        std::uint64_t received = 0, settled = 0;  ///< Packet-Ins of this worker; what it was told of them
    };

    dataplane::DataPlane& plane_;
    rte_mempool& buffers_;
    TimePoint now_{};
    dataplane::PathNumber latest_path_ = 0;               ///< of sessions
    std::array<std::uint32_t, 256> honeypot_sessions_{};  ///< by HoneypotId
    std::size_t next_worker_ = 0;
    std::vector<Outgoing> outgoing_;  ///< for each worker
    struct RetiredPolicy {
        std::unique_ptr<const dataplane::Policy> policy;
        Barrier barrier;
    };
    std::vector<RetiredPolicy> retired_policies_;
    std::uint64_t patience_ = 0;  ///< TSC cycles that Packet-Outs of this turn may still wait for room
    ControlCounters counters_;
};

}  // namespace honeyswitch::control
