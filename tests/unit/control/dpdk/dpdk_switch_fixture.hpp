// The switch that the controller sees, over a whole data plane, and a test in the controller's place.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "control/dpdk/dpdk_switch.hpp"
#include "tests/unit/fixtures/plane_fixture.hpp"

namespace honeyswitch::control {

class DpdkSwitchTest : public dataplane::PlaneFixture {
  protected:
    struct Heard {
        std::size_t port;
        dataplane::Frame::Bytes frame;
        TimePoint when;
    };
    class Listener final : public HoneypotListener {
      public:
        void heard(std::size_t port, std::span<const std::uint8_t> frame, TimePoint now) override {
            all.push_back({port, {frame.begin(), frame.end()}, now});
        }
        std::vector<Heard> all;
    };

    DpdkSwitchTest() { switch_.packet_outs().begin_turn(); }
    ~DpdkSwitchTest() override {
        switch_.packet_outs().flush();
        for (const auto& info : control_counter_info) {
            if (info.fate == Fate::dropped) control_dropped_ += counted(info.id);
            if (info.fate == Fate::generated) control_made_ += counted(info.id);
        }
    }
    using PlaneFixture::counted;
    [[nodiscard]] std::uint64_t counted(ControlCounter counter) const {
        return switch_.counters().value(counter) + of_controller_.value(counter);
    }
    /// All that waits.
    [[nodiscard]] std::vector<PacketIn> receive() {
        std::array<PacketIn, PacketIns::burst> packets;
        const std::size_t count = switch_.packet_ins().receive(packets, listener_, now_);
        return {packets.begin(), packets.begin() + static_cast<std::ptrdiff_t>(count)};
    }
    /// The only one that waits.
    [[nodiscard]] PacketIn received() {
        const auto packets = receive();
        EXPECT_EQ(packets.size(), 1U);
        return packets.empty() ? PacketIn{} : packets.front();
    }
    /// What the controller was told of is sent on, and leaves.
    void hand_back() {
        switch_.packet_outs().settle();
        turn();
    }
    void end(const PacketIn& packet) {
        pieces_.packets.drop(packet.buffer);
        ++control_dropped_;  // whoever says so counts it, and here nobody does
    }
    FlowId add(const SessionKey& key, HoneypotId honeypot = {}) {
        return pieces_.flows
            .add_session(
                {.key = key, .path = {dataplane::core_mac, dataplane::upstream_mac}, .honeypot = honeypot},
                now_)
            .value();
    }
    [[nodiscard]] SessionStats stats(FlowId flow) const {
        return switch_.flows().session(flow, now_).value();
    }
    [[nodiscard]] static dataplane::Frame at_honeypot(dataplane::Frame frame) {
        return frame.between(dataplane::upstream_mac, honeypot_mac);
    }
    void second_honeypot() {
        plane_->honeypots().set(1, {other_mac, 0, 1});
        plane_->modes().several_honeypots = true;
    }
    [[nodiscard]] dataplane::Frame own_flow(const EtherAddress& sender) const {
        return dataplane::Frame()
            .between(sender, plane_->ports()[honeypot_port].mac())
            .ipv4(decoy, "203.0.113.9")
            .udp(5000, 53);
    }

    DpdkSwitch switch_{*plane_, dataplane::buffers()};
    Switch pieces_ = switch_.pieces();
    Listener listener_;
    ControlCounters of_controller_;  ///< where a test has a controller
    TimePoint now_{Milliseconds{5'000}};
};

}  // namespace honeyswitch::control
