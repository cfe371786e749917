// Sessions, domains, sightings and pools of the switch, as packets then meet them.
#include "tests/unit/control/dpdk/dpdk_switch_fixture.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Counter;
using dataplane::Frame;
using dataplane::inside_port;
using dataplane::ip;
using dataplane::outside_port;

constexpr Ipv4Address decoy_address{0x0a010020};

TEST_F(DpdkSwitchTest, SightingsAreTakenAskedAboutAndEnded) {
    const Frame spoke = Frame().ipv4(decoy, attacker).udp(1, 2);
    carry(inside_port, spoke);
    EXPECT_TRUE(pieces_.sightings.is_sighted(decoy_address));
    std::array<Ipv4Address, 4> told;
    ASSERT_EQ(pieces_.sightings.take_sightings(told), 1U);
    EXPECT_EQ(told[0], decoy_address);
    EXPECT_EQ(pieces_.sightings.take_sightings(told), 0U);
    pieces_.domains.add_active(decoy_address);
    pieces_.sightings.ask_sighted(decoy_address);
    carry(inside_port, spoke);
    EXPECT_FALSE(pieces_.sightings.end_sighting(decoy_address, true)) << "it spoke again";
    pieces_.sightings.ask_sighted(decoy_address);
    EXPECT_TRUE(pieces_.sightings.end_sighting(decoy_address, true));
    carry(outside_port, to(decoy));
    const PacketIn packet = received();
    EXPECT_EQ(packet.reason, PacketInReason::inactive_address);
    end(packet);
}

TEST_F(DpdkSwitchTest, DomainsComeWithTheirActiveAddressesAndGo) {
    const auto prefix = Ipv4Prefix::of({0x0a020000}, 24);
    const std::array active{Ipv4Address{0x0a020001}};
    ASSERT_TRUE(pieces_.domains.add_domain(prefix, DomainAction::packet_in, active));
    carry(outside_port, Frame().ipv4(attacker, "10.2.0.1").tcp(1, 2));
    EXPECT_TRUE(receive().empty());
    carry(outside_port, Frame().ipv4(attacker, "10.2.0.2").tcp(1, 2));
    end(received());
    pieces_.domains.delete_active(active[0]);
    carry(outside_port, Frame().ipv4(attacker, "10.2.0.1").tcp(1, 2));
    end(received());
    pieces_.domains.delete_domain(prefix);
    carry(outside_port, Frame().ipv4(attacker, "10.2.0.2").tcp(1, 2));
    EXPECT_TRUE(receive().empty());
    const auto too_large =
        pieces_.domains.add_domain(Ipv4Prefix::of({0x0b000000}, 8), DomainAction::packet_in, {});
    ASSERT_FALSE(too_large);
    EXPECT_EQ(too_large.error().object, "domain 11.0.0.0/8");
}

TEST_F(DpdkSwitchTest, SessionsMoveToAnotherHoneypotAndAreCountedThere) {
    second_honeypot();
    const FlowId one = add(key_of(decoy)), two = add(key_of("10.1.0.33"), HoneypotId{1});
    set_pool(2, {1});
    EXPECT_EQ(switch_.flows().sessions_of(HoneypotId{0}), 1U);
    switch_.flows().move_sessions(HoneypotId{0}, 0, switch_.flows().session_capacity(), PoolId{2});
    EXPECT_EQ(stats(one).honeypot, HoneypotId{1});
    EXPECT_EQ(switch_.flows().sessions_of(HoneypotId{0}), 0U);
    EXPECT_EQ(switch_.flows().sessions_of(HoneypotId{1}), 2U);
    carry(outside_port, to(decoy));
    EXPECT_EQ(left(other_port), Frames{to(decoy).between(dataplane::upstream_mac, other_mac).bytes()});
    pieces_.flows.delete_sessions(std::array{two});
    EXPECT_EQ(switch_.flows().sessions_of(HoneypotId{1}), 1U);
    EXPECT_EQ(pieces_.flows.session_count(), 1U);
}

TEST_F(DpdkSwitchTest, SourcesMoveToAnotherPoolAndBack) {
    const Ipv4Address source{ip(attacker).host()};
    ASSERT_TRUE(pieces_.placement.move_source(source, PoolId{0}, PoolId{2}));
    carry(outside_port, to(decoy));
    const PacketIn moved = received();
    EXPECT_EQ(moved.judgement.pool, 2U);
    pieces_.placement.move_back(source);
    end(moved);
    carry(outside_port, to(decoy));
    const PacketIn back = received();
    EXPECT_EQ(back.judgement.pool, 0U);
    end(back);
    EXPECT_EQ(pieces_.placement.choose(PoolId{0}, key_of(decoy)), HoneypotId{0});
    EXPECT_EQ(pieces_.placement.choose(PoolId{2}, key_of(decoy)), std::nullopt);
    EXPECT_TRUE(pieces_.placement.on_campus({ip("10.1.7.7").host()}));
    EXPECT_FALSE(pieces_.placement.on_campus(source));
}

TEST_F(DpdkSwitchTest, AnEndedSessionIsTheInsides) {
    const FlowId flow = add(key_of(decoy));
    pieces_.flows.end_session(flow);
    EXPECT_TRUE(pieces_.flows.ended(flow));
    carry(outside_port, to(decoy));
    EXPECT_EQ(left(inside_port).size(), 1U);
    EXPECT_EQ(counted(Counter::outside_to_inside_ended_session), 1U);
}

TEST_F(DpdkSwitchTest, ProgressIsTakenOnce) {
    const FlowId flow = add(key_of(decoy));
    carry(honeypot_port, reply_of(decoy));
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x18).payload(3));
    std::array<FlowId, 4> reached;
    ASSERT_EQ(pieces_.accounts.take_payloads(reached), 1U);
    EXPECT_EQ(reached[0], flow);
    const auto progress = pieces_.accounts.take_progress(flow);
    ASSERT_TRUE(progress);
    EXPECT_EQ(progress->before, Step::first_packet);
    EXPECT_EQ(progress->after, Step::payload);
    EXPECT_EQ(pieces_.accounts.take_progress(flow)->before, Step::payload);
    EXPECT_EQ(pieces_.accounts.take_progress(FlowId{63}), std::nullopt);
}

TEST_F(DpdkSwitchTest, StepsHaveTheirTimesAndTheFlagsUpToThem) {
    const FlowId flow = add(key_of(decoy));
    EXPECT_EQ(pieces_.flows.step_times(flow, now_), StepTimes{});
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x02));
    EXPECT_EQ(pieces_.flows.step_times(flow, now_), StepTimes{}) << "before the answer nothing is looked at";
    carry(honeypot_port, reply_of(decoy));
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x10));
    const StepTimes shaken = pieces_.flows.step_times(flow, now_);
    EXPECT_TRUE(shaken.answered && shaken.handshake && !shaken.payload);
    EXPECT_LE(shaken.answered, shaken.handshake);
    EXPECT_EQ(shaken.flags_in, 0x10);
    EXPECT_NE(shaken.flags_out, 0);
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x18).payload(3));
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x11));
    const StepTimes sent = pieces_.flows.step_times(flow, now_);
    EXPECT_TRUE(sent.payload);
    EXPECT_EQ(sent.handshake, shaken.handshake);
    EXPECT_EQ(sent.flags_in, 0x18) << "what follows the first data is not looked at";
}

TEST_F(DpdkSwitchTest, ARefusalIsSeenInItsFlags) {
    const FlowId flow = add(key_of(decoy));
    carry(honeypot_port, Frame()
                             .between(honeypot_mac, plane_->ports()[honeypot_port].mac())
                             .ipv4(decoy, attacker)
                             .tcp(22, 40000, 0x14));
    const StepTimes refused = pieces_.flows.step_times(flow, now_);
    EXPECT_EQ(refused.answered, std::nullopt);
    EXPECT_EQ(refused.flags_out, 0x14);
}

TEST_F(DpdkSwitchTest, AFlowWithoutAHandshakeHasNoTimeOfOne) {
    SessionKey key = key_of(decoy);
    key.protocol = 17;
    const FlowId flow = add(key);
    carry(honeypot_port, Frame()
                             .between(honeypot_mac, plane_->ports()[honeypot_port].mac())
                             .ipv4(decoy, attacker)
                             .udp(22, 40000));
    carry(outside_port, Frame().ipv4(attacker, decoy).udp(40000, 22).payload(5));
    const StepTimes times = pieces_.flows.step_times(flow, now_);
    EXPECT_TRUE(times.answered && times.payload);
    EXPECT_EQ(times.handshake, std::nullopt);
}

TEST_F(DpdkSwitchTest, ANewSessionInAnOldPlaceHasNoneOfItsTimes) {
    const FlowId flow = add(key_of(decoy));
    carry(honeypot_port, reply_of(decoy));
    ASSERT_TRUE(pieces_.flows.step_times(flow, now_).answered);
    pieces_.flows.delete_sessions(std::array{flow});
    turn();
    switch_.reclaim();
    for (std::uint16_t port = 1; port < 200; ++port) {
        const FlowId next = add(key_of(decoy, port));
        EXPECT_EQ(pieces_.flows.step_times(next, now_), StepTimes{});
        if (next == flow) return;
        pieces_.flows.delete_sessions(std::array{next});
        turn();
        switch_.reclaim();
    }
    FAIL() << "its place is not used again";
}

}  // namespace
}  // namespace honeyswitch::control
