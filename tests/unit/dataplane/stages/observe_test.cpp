// Observe mode and maintenance, by the whole pipeline: given these tables and this burst, expect all of it on
// the inside as it came, and the counters of what would have been.
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint8_t syn = 0x02, syn_ack = 0x12, ack = 0x10;

class Observe : public SwitchFixture {
  protected:
    Observe() { modes_.diverting = Diverting::nothing; }

    static std::vector<Frame::Bytes> bytes_of(const std::vector<Frame>& frames) {
        std::vector<Frame::Bytes> all;
        for (const Frame& frame : frames) all.push_back(frame.bytes());
        return all;
    }
    void drop_by_rule(const char* destination) {
        set_classifier({.rules = {{.destinations = {{ip(destination).host(), 32}},
                                   .action = ClassifierRule::Action::drop}}});
    }
    [[nodiscard]] static Frame syn_to(const char* destination, std::uint16_t port = 40000) {
        return Frame().ipv4(attacker, destination).tcp(port, 22, syn);
    }
};

TEST_F(Observe, ABurstPassesAsItCame) {
    add_session(key_of("10.1.0.33"));
    const std::vector<Frame> burst{to(decoy).vlan(7),
                                   to(server),
                                   to("10.1.0.33"),
                                   Frame().ipv4(attacker, "10.1.0.34").tcp(443, 40000, syn_ack),
                                   to(elsewhere),
                                   to("10.1.0.35").payload(8).fragment(0, true),
                                   to("10.1.0.35").payload(8).fragment(1480, false),
                                   to(decoy).vlan(7),
                                   Frame().ipv4("192.0.2.1", decoy).tcp(1, 2)};
    hold(bytes_of(burst));
    for (const Frame& frame : burst) {
        const auto [end, bytes] = collect();
        EXPECT_EQ(end, End::inside);
        EXPECT_EQ(bytes, frame.bytes());
    }
    EXPECT_EQ(ended(End::honeypot), 0U);
    for (int copies = 0; copies < 4; ++copies) EXPECT_EQ(collect().end, End::packet_in);
    EXPECT_EQ(collect().end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_observed_session), 1U);
    EXPECT_EQ(counted(Counter::outside_observed_backscatter), 1U);
    EXPECT_EQ(counted(Counter::outside_observed_packet_in), 4U);
    EXPECT_EQ(counted(Counter::outside_observed_probe_source), 1U);
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 2U);
    EXPECT_EQ(counted(Counter::packet_in_copied), 4U);
}

TEST_F(Observe, TheControlThreadGetsACopyWithItsNote) {
    hold(to(decoy));
    EXPECT_EQ(collect().end, End::inside);
    const auto [end, copy] = collect();
    EXPECT_EQ(end, End::packet_in);
    EXPECT_EQ(copy, to(decoy).bytes());
    EXPECT_TRUE(latest_note().copy);
    EXPECT_EQ(latest_note().reason, PacketInReason::inactive_address);
    EXPECT_EQ(latest_note().key, key_of(decoy));
}

TEST_F(Observe, ASessionIsCountedAsItWouldBe) {
    const auto index = add_session(key_of(decoy));
    EXPECT_EQ(from_outside(to(decoy).vlan(7)).frame, to(decoy).vlan(7).bytes()) << "tags and addresses stay";
    EXPECT_EQ(sessions_->at(index).packets_in, 1U);
    EXPECT_EQ(sessions_->at(index).last_seen, 1000U);
    EXPECT_EQ(other_counters({Counter::outside_observed_session}), std::vector<std::string>{});
}

TEST_F(Observe, WhatARuleDropsPasses) {
    drop_by_rule(server);
    EXPECT_EQ(from_outside(to(server)).end, End::inside);
    EXPECT_EQ(classifier_.get().hits(0), 1U);
    EXPECT_EQ(other_counters({Counter::outside_observed_rule}), std::vector<std::string>{});
}

TEST_F(Observe, WhatThereIsNoTimeForPasses) {
    pipeline_->overload().set_limits(1);
    std::vector<Frame> burst;
    for (std::uint16_t i = 0; i < 12; ++i)
        burst.push_back(i % 2 == 0 ? syn_to(decoy, i) : Frame().ipv4(attacker, decoy).udp(i, 53));
    hold(bytes_of(burst));
    for (const Frame& frame : burst) EXPECT_EQ(collect().frame, frame.bytes());
    EXPECT_EQ(counted(Counter::outside_observed_overload), 11U);
    EXPECT_EQ(collect().end, End::packet_in);
}

TEST_F(Observe, WhatTheRingHasNoRoomForIsRemembered) {
    std::vector<Frame> burst;
    for (std::uint16_t i = 0; i < 12; ++i) burst.push_back(syn_to(decoy, i));
    hold(bytes_of(burst));
    EXPECT_EQ(ended(End::inside), 12U);
    const auto copied = counted(Counter::packet_in_copied);
    EXPECT_LT(copied, 12U);
    EXPECT_EQ(counted(Counter::outside_observed_packet_in), copied);
    EXPECT_EQ(counted(Counter::outside_observed_no_session), 12 - copied);
    EXPECT_EQ(tally_->total(Step::first_packet), 12 - copied);
}

TEST_F(Observe, WithHandshakesNoSessionBegins) {
    modes_.handshake = true;
    EXPECT_EQ(from_outside(syn_to(decoy)).frame, syn_to(decoy).bytes());
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside) << "nobody has answered";
    EXPECT_EQ(other_counters({Counter::outside_observed_handshake}), std::vector<std::string>{});
    EXPECT_EQ(counted(Counter::outside_observed_handshake), 2U);
}

TEST_F(Observe, APoolWithoutHoneypotsDropsNothing) {
    set_pool(0, {}, true);
    modes_.handshake = true;
    EXPECT_EQ(from_outside(syn_to(decoy)).end, End::inside);
    EXPECT_EQ(other_counters({Counter::outside_observed_no_honeypot}), std::vector<std::string>{});
}

TEST_F(Observe, NothingOfAHoneypotLeaves) {
    add_session(key_of(decoy));
    modes_.open_containment = true;
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::dropped);
    EXPECT_EQ(from_honeypot(Frame().arp(arp_request, honeypot_mac, decoy, "10.1.0.1")).end, End::dropped);
    EXPECT_EQ(other_counters({Counter::honeypot_contained_observe}), std::vector<std::string>{});
}

TEST_F(Observe, WithoutTheControlThreadEverythingPasses) {
    pipeline_->set_time(1000, false);
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    EXPECT_EQ(other_counters({Counter::outside_to_inside_fail_open}), std::vector<std::string>{});
}

TEST_F(Observe, AFlowThatAHostHasAnsweredStaysItsWhenPacketsAreDiverted) {
    add_session(key_of(decoy));
    const auto other = key_of("10.1.0.33");
    add_session(other);
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    EXPECT_EQ(from_inside(Frame().ipv4(decoy, attacker).tcp(22, 40000, syn_ack)).end, End::outside);
    modes_.diverting = Diverting::all;
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    EXPECT_EQ(from_outside(to("10.1.0.33")).end, End::honeypot) << "nobody has answered there";
}

class Maintenance : public SwitchFixture {
  protected:
    Maintenance() { modes_.diverting = Diverting::running; }
};

TEST_F(Maintenance, ASessionGoesOnBothWays) {
    add_session(key_of(decoy), {});
    EXPECT_EQ(from_outside(to(decoy)).end, End::honeypot);
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::outside);
}

TEST_F(Maintenance, NothingNewIsDiverted) {
    EXPECT_EQ(from_outside(to(decoy)).frame, to(decoy).bytes());
    set_classifier(
        {.rules = {{.destinations = {{ip(server).host(), 32}}, .action = ClassifierRule::Action::divert}}});
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, server).tcp(40000, 22, syn)).end, End::inside);
    EXPECT_EQ(other_counters({Counter::outside_to_inside_maintenance}), std::vector<std::string>{});
}

TEST_F(Maintenance, NothingIsDropped) {
    set_classifier(
        {.rules = {{.destinations = {{ip(server).host(), 32}}, .action = ClassifierRule::Action::drop}}});
    EXPECT_EQ(from_outside(to(server)).end, End::inside);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).tcp(443, 40000, syn_ack)).end, End::inside);
    pipeline_->overload().set_limits(1);
    hold({to(decoy).bytes(), to("10.1.0.33").bytes(), to("10.1.0.34").bytes()});
    EXPECT_EQ(ended(End::inside), 3U);
    EXPECT_EQ(other_counters({Counter::outside_to_inside_maintenance}), std::vector<std::string>{});
}

TEST_F(Maintenance, WhatAHoneypotHasAnsweredGoesOnWithoutASession) {
    modes_.diverting = Diverting::all;
    modes_.handshake = true;
    const Frame request = Frame().ipv4(attacker, decoy).tcp(40000, 22, syn);
    EXPECT_EQ(from_outside(request).end, End::honeypot);
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::outside);
    modes_.diverting = Diverting::running;
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).tcp(40000, 22, ack)).end, End::honeypot);
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::outside);
}

}  // namespace
}  // namespace honeyswitch::dataplane
