// What the controller is told of a Packet-In, and what never becomes one.
#include "tests/unit/control/dpdk/dpdk_switch_fixture.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Counter;
using dataplane::Frame;
using dataplane::inside_port;
using dataplane::ip;
using dataplane::KeyKind;
using dataplane::outside_port;

TEST_F(DpdkSwitchTest, APacketInBecomesASessionAndGoesOn) {
    carry(outside_port, to(decoy).vlan(7));
    const PacketIn packet = received();
    EXPECT_EQ(packet.reason, PacketInReason::inactive_address);
    EXPECT_EQ(packet.key, key_of(decoy));
    EXPECT_EQ(packet.hash, plane_->sessions().hash(packet.key));
    EXPECT_EQ(packet.path.destination, dataplane::core_mac);
    EXPECT_EQ(packet.path.tag_count, 1U);
    EXPECT_EQ(packet.bytes, to(decoy).vlan(7).bytes().size());
    EXPECT_FALSE(packet.from_honeypot || packet.fragment || packet.own_flow || packet.pending);
    EXPECT_EQ(pieces_.flows.find_session(packet), std::nullopt);

    const FlowId flow = pieces_.flows.add_session({.key = packet.key, .path = packet.path}, now_).value();
    EXPECT_EQ(pieces_.flows.find_session(packet), flow);
    pieces_.packets.packet_out(packet.buffer, flow, now_ + Milliseconds{7});
    hand_back();
    EXPECT_EQ(left(honeypot_port), Frames{at_honeypot(to(decoy)).bytes()});
    EXPECT_EQ(stats(flow).packets_in, 1U);
    EXPECT_EQ(stats(flow).bytes_in, packet.bytes);

    carry(outside_port, to(decoy).vlan(7));
    EXPECT_TRUE(receive().empty()) << "the worker knows the way now";
    carry(honeypot_port, reply_of(decoy));
    EXPECT_EQ(left(outside_port),
              Frames{reply_of(decoy).between(dataplane::core_mac, dataplane::upstream_mac).vlan(7).bytes()});
}

TEST_F(DpdkSwitchTest, AnIcmpErrorIsOfTheSessionThatBeganMeanwhile) {
    plane_->modes().divert_backscatter = true;
    const Frame error = Frame().ipv4("203.0.113.1", decoy).icmp_error(3, reply_of(decoy));
    carry(outside_port, error);
    const FlowId flow = add(key_of(decoy));
    const PacketIn late = received();
    EXPECT_EQ(late.key, key_of(decoy));
    EXPECT_EQ(pieces_.flows.find_session(late), flow);
    pieces_.packets.packet_out(late.buffer, flow, now_);

    carry(outside_port, Frame().ipv4("203.0.113.1", decoy).icmp_error(3, reply_of(decoy, 41000)));
    const PacketIn own = received();
    EXPECT_EQ(own.key.outside, ip("203.0.113.1"));
    EXPECT_EQ(own.key.kind, KeyKind::portless);
    EXPECT_EQ(own.hash, plane_->sessions().hash(own.key));
    pieces_.packets.packet_out_honeypot(own.buffer, HoneypotId{0});
    hand_back();
    EXPECT_EQ(left(honeypot_port).size(), 2U);
}

TEST_F(DpdkSwitchTest, RulesAndListsAreAskedWhenThePacketIsHere) {
    carry(outside_port, to(decoy));
    switch_.set_classifier(
        dataplane::Classifier::build({.rules = {{.destinations = {{ip(decoy).host(), 32}},
                                                 .action = dataplane::ClassifierRule::Action::drop}}},
                                     1)
            .value());
    const PacketIn packet = received();
    EXPECT_EQ(packet.judgement.verdict, Judgement::Verdict::drop);
    end(packet);
}

TEST_F(DpdkSwitchTest, WhatWasDivertedBeforeIsToldWithItsHoneypot) {
    second_honeypot();
    set_pool(0, {1});
    plane_->modes().handshake = true;
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x02));
    carry(other_port, reply_of(decoy).between(other_mac, plane_->ports()[other_port].mac()));
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x10));
    // The worker has noted the flow by the clock, which is where the control thread's time comes from.
    now_ = TimePoint{Milliseconds{static_cast<std::int64_t>(plane_->clock().now_ms())}};
    const PacketIn packet = received();
    ASSERT_TRUE(packet.pending);
    EXPECT_EQ(packet.pending->honeypot, HoneypotId{1});
    EXPECT_TRUE(packet.pending->answered);
    end(packet);
}

TEST_F(DpdkSwitchTest, WhatHoneypotsAreHeardByGoesNoFurther) {
    const Frame announcement = Frame().arp(arp_reply, honeypot_mac, decoy, "10.1.0.1");
    const Frame answer = Frame()
                             .between(other_mac, plane_->ports()[other_port].mac())
                             .ipv4(decoy, probe_source)
                             .tcp(22, 50000, 0x12);
    carry(honeypot_port, announcement);
    carry(other_port, answer);
    EXPECT_TRUE(receive().empty());
    ASSERT_EQ(listener_.all.size(), 2U);
    EXPECT_EQ(listener_.all[0].port, 0U);
    EXPECT_EQ(listener_.all[0].frame, announcement.bytes());
    EXPECT_EQ(listener_.all[1].port, 1U);
    EXPECT_EQ(listener_.all[1].frame, answer.bytes());
    EXPECT_EQ(listener_.all[1].when, now_);
    EXPECT_EQ(counted(ControlCounter::honeypot_arp_heard), 1U);
    EXPECT_EQ(counted(ControlCounter::honeypot_probe_answered), 1U);
}

TEST_F(DpdkSwitchTest, AHoneypotsOwnFlowIsToldWithItsSender) {
    second_honeypot();
    plane_->honeypots().set(1, {other_mac, 0, 0});
    plane_->modes().limited_containment = true;
    carry(honeypot_port, own_flow(other_mac));
    const PacketIn packet = received();
    EXPECT_EQ(packet.reason, PacketInReason::honeypot_flow);
    EXPECT_TRUE(packet.from_honeypot);
    EXPECT_EQ(packet.honeypot, HoneypotId{1});
    EXPECT_EQ(packet.key.inside, ip(decoy));
    const FlowId flow = add(packet.key, HoneypotId{1});
    pieces_.packets.packet_out(packet.buffer, flow, now_);
    hand_back();
    EXPECT_EQ(left(outside_port),
              Frames{own_flow(other_mac).between(dataplane::core_mac, dataplane::upstream_mac).bytes()});
    EXPECT_EQ(stats(flow).packets_out, 1U);
}

TEST_F(DpdkSwitchTest, WhatComesFromNoHoneypotInServiceIsContained) {
    second_honeypot();
    plane_->honeypots().set(1, {other_mac, 0, 0});
    plane_->modes().limited_containment = true;
    carry(honeypot_port, own_flow(other_mac));
    plane_->honeypots().unset(1, true);
    EXPECT_TRUE(receive().empty());
    EXPECT_EQ(counted(ControlCounter::packet_in_contained_foreign), 1U);
}

TEST_F(DpdkSwitchTest, NobodyHandsOverWhatCannotBeParsed) {
    const std::vector<Frame> frames{to(decoy).cut_to(20),
                                    to(decoy).cut_to(36),
                                    to(decoy).total_length(4000),
                                    Frame().ipv4(attacker, decoy).protocol_number(6),
                                    Frame().vlan(1).vlan(2).vlan(3).ipv4(attacker, decoy).tcp(1, 2),
                                    Frame().type(ether_type::arp).payload(4)};
    for (const Frame& frame : frames) {
        carry(outside_port, frame);
        carry(honeypot_port, frame);
    }
    EXPECT_TRUE(receive().empty());
    EXPECT_EQ(left(inside_port).size(), frames.size());
    EXPECT_TRUE(listener_.all.empty());
}

TEST_F(DpdkSwitchTest, WhereTheRingToTheControlThreadIsFullPacketsGoWithoutASession) {
    std::vector<Frame> many;
    for (std::uint16_t port = 1; port <= ring_size + 2; ++port) many.push_back(to(decoy, port));
    arrive(outside_port, many);
    turn();
    EXPECT_EQ(left(honeypot_port).size(), 3U) << "it holds one less than its size";
    EXPECT_EQ(counted(Counter::outside_to_honeypot_no_session), 3U);
    const auto packets = receive();
    EXPECT_EQ(packets.size(), ring_size - 1);
    for (const PacketIn& packet : packets) pieces_.packets.packet_out_inside(packet.buffer);
}

}  // namespace
}  // namespace honeyswitch::control
