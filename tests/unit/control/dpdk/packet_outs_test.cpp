// Where packets go that the control thread is done with, and what becomes of them where there is no room.
#include "tests/unit/control/dpdk/dpdk_switch_fixture.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Frame;
using dataplane::inside_port;
using dataplane::outside_port;

TEST_F(DpdkSwitchTest, TimeIsWhatItIsTold) {
    const FlowId flow = add(key_of(decoy));
    EXPECT_EQ(stats(flow).created, now_);
    arrive(outside_port, {to(decoy).fragment(0, true)});
    turn();
    const PacketIn packet = received();
    EXPECT_EQ(packet.reason, PacketInReason::missing_companion);
    const TimePoint later = now_ + std::chrono::hours(24 * 40);
    pieces_.packets.packet_out(packet.buffer, flow, later);
    hand_back();
    EXPECT_EQ(pieces_.accounts.last_seen(flow, later), later) << "forty days are no trouble";
    EXPECT_EQ(pieces_.flows.session(flow, later)->last_seen, later);
    EXPECT_EQ(pieces_.flows.session(flow, later)->created, now_);
}

TEST_F(DpdkSwitchTest, AReplyLeavesOnlyForItsOwnHoneypotAndNeverToTheCampus) {
    second_honeypot();
    const Frame fragment = reply_of(decoy).payload(16).fragment(0, true);
    const FlowId flow = add(key_of(decoy));
    carry(honeypot_port, fragment);
    const PacketIn reply = received();
    EXPECT_EQ(reply.reason, PacketInReason::missing_companion);
    switch_.flows().move_sessions(HoneypotId{0}, 0, switch_.flows().session_capacity(), PoolId{0});
    set_pool(0, {1});
    switch_.flows().move_sessions(HoneypotId{0}, 0, switch_.flows().session_capacity(), PoolId{0});
    pieces_.packets.packet_out(reply.buffer, flow, now_);
    EXPECT_EQ(counted(ControlCounter::packet_in_contained_foreign), 1U) << "the session is another's by now";

    const auto campus =
        pieces_.flows.add_session({.key = key_of("10.1.0.33"), .path = {}, .contained = true}, now_);
    carry(honeypot_port, reply_of("10.1.0.34").payload(16).fragment(1480, false));
    const PacketIn other = received();
    EXPECT_EQ(other.reason, PacketInReason::portless_fragment);
    pieces_.packets.packet_out(other.buffer, *campus, now_);
    EXPECT_EQ(counted(ControlCounter::packet_in_contained_campus), 1U);
    hand_back();
    EXPECT_TRUE(left(outside_port).empty());
}

TEST_F(DpdkSwitchTest, WhereTheRingBackIsFullPacketsAreDroppedAndCounted) {
    const auto fill = [&](std::uint16_t first) {
        std::vector<Frame> many;
        for (std::uint16_t port = 0; port < ring_size - 1; ++port)
            many.push_back(to(decoy, static_cast<std::uint16_t>(first + port)));
        arrive(outside_port, many);
        turn();
        return receive();
    };
    const auto first = fill(1), second = fill(100);
    ASSERT_EQ(first.size() + second.size(), 2 * (ring_size - 1));
    for (const PacketIn& packet : first) pieces_.packets.packet_out_inside(packet.buffer);
    for (const PacketIn& packet : second) pieces_.packets.packet_out_honeypot(packet.buffer, HoneypotId{0});
    switch_.packet_outs().flush();
    EXPECT_EQ(counted(ControlCounter::packet_out_dropped), ring_size - 1);
    turn();
    EXPECT_EQ(left(inside_port).size(), ring_size - 1);
    EXPECT_TRUE(left(honeypot_port).empty());

    // What is for the inside may wait, though not for ever, as nobody makes room here.
    const auto third = fill(200), fourth = fill(300);
    for (const PacketIn& packet : third) pieces_.packets.packet_out_inside(packet.buffer);
    for (const PacketIn& packet : fourth) pieces_.packets.packet_out_inside(packet.buffer);
    switch_.packet_outs().flush();
    EXPECT_EQ(counted(ControlCounter::packet_out_dropped), 2 * (ring_size - 1));
}

TEST_F(DpdkSwitchTest, WithoutAHoneypotAPacketOutGoesWhereThePoolSays) {
    carry(outside_port, to(decoy));
    plane_->honeypots().unset(0, false);
    pieces_.packets.packet_out_honeypot(received().buffer, HoneypotId{0});
    EXPECT_EQ(counted(ControlCounter::packet_in_no_honeypot), 1U);
    plane_->honeypots().unset(0, true);
    carry(outside_port, to(decoy));
    pieces_.packets.packet_out_honeypot(received().buffer, HoneypotId{0});
    EXPECT_EQ(counted(ControlCounter::packet_in_dropped_no_honeypot), 1U);
    hand_back();
    EXPECT_EQ(left(inside_port).size(), 1U);
}

TEST_F(DpdkSwitchTest, ABarrierIsReachedWhenThePacketsOfBeforeHaveLeft) {
    carry(outside_port, to(decoy));
    pieces_.packets.packet_out_inside(received().buffer);
    const auto barrier = pieces_.barriers.barrier_request();
    EXPECT_FALSE(pieces_.barriers.barrier_reached(barrier));
    turn();
    EXPECT_TRUE(pieces_.barriers.barrier_reached(barrier));
    EXPECT_EQ(left(inside_port), Frames{to(decoy).bytes()});
    EXPECT_FALSE(pieces_.barriers.barrier_reached(pieces_.barriers.barrier_request()));
}

TEST_F(DpdkSwitchTest, FragmentsStayInOrderUntilTheirFirstIsSettled) {
    const FlowId flow = add(key_of(decoy));
    carry(outside_port, to(decoy).fragment(0, true));
    const PacketIn first = received();
    add(companion_of(key_of(decoy)));
    carry(outside_port, to(decoy).fragment(1480, false));
    const PacketIn behind = received();
    EXPECT_EQ(behind.reason, PacketInReason::behind_fragment);
    EXPECT_TRUE(behind.fragment);
    pieces_.packets.packet_out(first.buffer, flow, now_);
    pieces_.packets.packet_out(behind.buffer, flow, now_);
    hand_back();
    EXPECT_EQ(left(honeypot_port).size(), 2U);
    carry(outside_port, to(decoy).fragment(1480, false));
    EXPECT_TRUE(receive().empty()) << "nothing is in front of it any more";
}

TEST_F(DpdkSwitchTest, AFrameOfTheControllersOwnGoesToItsHoneypotWithItsTag) {
    const Frame probe = Frame().arp(arp_request, honeypot_mac, probe_source, decoy);
    const auto bytes = probe.bytes();
    ASSERT_TRUE(switch_.packet_outs().send_to_honeypot(bytes, other_port, 66));
    hand_back();
    EXPECT_EQ(left(other_port), Frames{Frame(probe).vlan(66).bytes()});
    EXPECT_EQ(counted(ControlCounter::honeypot_probe_sent), 1U);
}

}  // namespace
}  // namespace honeyswitch::control
