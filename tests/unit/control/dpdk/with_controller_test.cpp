// The controller over the real switch: from a frame that comes to a frame that leaves.
#include "control/controller/controller.hpp"
#include "tests/unit/control/dpdk/dpdk_switch_fixture.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Frame;
using dataplane::inside_port;
using dataplane::outside_port;

/// With the controller that decides.
class WithController : public DpdkSwitchTest {
  protected:
    WithController() {
        EXPECT_TRUE(controller_.start(now_));
        turn();
    }
    ~WithController() override { of_controller_ = controller_.counters(); }
    void handle() {
        for (const PacketIn& packet : receive()) controller_.packet_in(packet, now_);
        hand_back();
    }
    EventBus events_;
    Controller controller_{{.dark = {Ipv4Prefix::of({0x0a010000}, 16)}}, switch_.pieces(), events_};
};

TEST_F(WithController, TwoPacketsOfABurstAreOneSession) {
    arrive(outside_port, {to(decoy), to(decoy)});
    turn();
    handle();
    EXPECT_EQ(left(honeypot_port).size(), 2U);
    EXPECT_EQ(switch_.flows().session_count(), 1U);
    EXPECT_EQ(controller_.counters().value(ControlCounter::packet_in), 2U);
    EXPECT_EQ(controller_.counters().value(ControlCounter::packet_in_existing_session), 1U);
    const auto flow = switch_.flows().find_session(key_of(decoy));
    ASSERT_TRUE(flow);
    EXPECT_EQ(stats(*flow).packets_in, 2U);
}

/// Behind tags as well: the headers are those of IPv4 and TCP.
TEST_F(WithController, AFirstPacketsHeadersAreTold) {
    for (const auto& frame : {to(decoy), to(decoy).vlan(7)}) {
        carry(outside_port, frame);
        const PacketIn packet = received();
        const FirstPacket first = pieces_.packets.headers_of(packet.buffer);
        EXPECT_TRUE(first.opens_connection());
        EXPECT_EQ(first.ttl, 57);
        EXPECT_EQ(first.ip_length, 40);
        end(packet);
    }
}

TEST_F(WithController, AHostThatSpokeMeanwhileGetsItsPacket) {
    carry(outside_port, to(decoy));
    carry(inside_port, Frame().ipv4(decoy, attacker).udp(1, 2));
    handle();
    EXPECT_EQ(left(inside_port).size(), 1U);
    EXPECT_EQ(switch_.flows().session_count(), 0U);
}

TEST_F(WithController, AHoneypotsFragmentWithoutASessionIsContained) {
    carry(honeypot_port, reply_of(decoy).fragment(1480, false));
    handle();
    EXPECT_EQ(controller_.counters().value(ControlCounter::packet_in_contained), 1U);
    EXPECT_TRUE(left(outside_port).empty());
}

TEST_F(WithController, ALaterFragmentFollowsTheFirst) {
    arrive(outside_port,
           {to(decoy).payload(8).fragment(0, true), to(decoy).payload(8).fragment(1480, false)});
    turn();
    handle();
    EXPECT_EQ(left(honeypot_port).size(), 2U);
    carry(outside_port, to(decoy).payload(8).fragment(1480, false));
    EXPECT_TRUE(receive().empty()) << "the companion is in";
    EXPECT_EQ(switch_.flows().sessions_in(Ipv4Prefix::of({0x0a010000}, 16)), 2U);
}

TEST_F(WithController, WhatIsObservedBecomesASessionAndItsCopyEndsHere) {
    plane_->modes().diverting = dataplane::Diverting::nothing;
    carry(outside_port, to(decoy));
    EXPECT_EQ(left(inside_port), (Frames{to(decoy).bytes()})) << "it did not wait for the control thread";
    handle();
    carry(outside_port, to(decoy));
    EXPECT_TRUE(left(honeypot_port).empty());
    EXPECT_EQ(left(inside_port), (Frames{to(decoy).bytes()}));
    const auto flow = switch_.flows().find_session(key_of(decoy));
    ASSERT_TRUE(flow);
    EXPECT_EQ(stats(*flow).packets_in, 2U);
    EXPECT_EQ(counted(ControlCounter::packet_in_observed), 1U);
    plane_->modes().diverting = dataplane::Diverting::all;
    carry(outside_port, to(decoy));
    EXPECT_EQ(left(honeypot_port), (Frames{at_honeypot(to(decoy)).bytes()})) << "nobody has answered it";
}

TEST_F(WithController, WhatWasOnItsWayWhenObservingBeganPasses) {
    carry(outside_port, to(decoy));
    add(key_of("10.1.0.33"));
    carry(honeypot_port, reply_of("10.1.0.33").payload(8).fragment(0, true));
    plane_->modes().diverting = dataplane::Diverting::nothing;
    handle();
    EXPECT_EQ(left(inside_port), (Frames{to(decoy).bytes()}));
    EXPECT_TRUE(left(honeypot_port).empty());
    EXPECT_TRUE(left(outside_port).empty());
    EXPECT_EQ(counted(ControlCounter::packet_in_contained), 1U);
}

TEST_F(WithController, WhatWasOnItsWayWhenMaintenanceBeganPasses) {
    carry(outside_port, to(decoy));
    controller_.set_begins_nothing(true);
    handle();
    EXPECT_EQ(left(inside_port), (Frames{to(decoy).bytes()}));
    EXPECT_EQ(switch_.flows().session_count(), 0U);
    EXPECT_EQ(controller_.counters().value(ControlCounter::packet_in_maintenance), 1U);
}

}  // namespace
}  // namespace honeyswitch::control
