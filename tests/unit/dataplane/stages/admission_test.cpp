// How sessions begin: given this mode, this packet after those, expect this verdict.
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint8_t syn = 0x02, syn_ack = 0x12, ack = 0x10, rst = 0x04, rst_ack = 0x14;

class Admission : public SwitchFixture {
  protected:
    [[nodiscard]] static Frame segment(std::uint8_t flags) {
        return Frame().ipv4(attacker, decoy).tcp(40000, 22, flags);
    }
    [[nodiscard]] static Frame answer(std::uint8_t flags) {
        return Frame().between(honeypot_mac, switch_mac).ipv4(decoy, attacker).tcp(22, 40000, flags);
    }
};
class FirstPacket : public Admission {};
class Handshake : public Admission {
  protected:
    Handshake() { modes_.handshake = true; }
};

TEST_F(FirstPacket, AnyPacketThatMayBeginSomethingIsAPacketIn) {
    for (const std::uint8_t flags : {syn, ack, std::uint8_t{0}, std::uint8_t{0x18}})
        EXPECT_EQ(from_outside(segment(flags)).end, End::packet_in) << unsigned{flags};
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).udp(1, 53)).end, End::packet_in);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).icmp(8, 77)).end, End::packet_in);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy)).end, End::packet_in);
}

TEST_F(FirstPacket, BackscatterIsDroppedAndCounted) {
    const std::vector<Frame> rows{segment(syn_ack),
                                  segment(rst),
                                  segment(rst_ack),
                                  Frame().ipv4(attacker, decoy).icmp(0, 77),
                                  Frame().ipv4(attacker, decoy).icmp_error(3, answer(ack)),
                                  segment(syn_ack).vlan(7)};
    for (const Frame& frame : rows) EXPECT_EQ(from_outside(frame).end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_dropped_backscatter), rows.size());
}

TEST_F(FirstPacket, BackscatterForActiveAddressesGoesInside) {
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, server).tcp(80, 40000, syn_ack)).end, End::inside);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, server).tcp(80, 40000, rst)).end, End::inside);
}

TEST_F(FirstPacket, BackscatterBeginsASessionWhereThePapersRuleIsAskedFor) {
    modes_.divert_backscatter = true;
    EXPECT_EQ(from_outside(segment(syn_ack)).end, End::packet_in);
    EXPECT_EQ(from_outside(segment(rst)).end, End::packet_in);
}

TEST_F(Handshake, ABareSynGoesToAHoneypotAndItsAnswerBack) {
    const auto [end, frame] = from_outside(segment(syn).vlan(7));
    EXPECT_EQ(end, End::honeypot);
    EXPECT_EQ(frame, Frame(segment(syn)).between(upstream_mac, honeypot_mac).bytes());
    const auto [back, reply] = from_honeypot(answer(syn_ack));
    EXPECT_EQ(back, End::outside);
    EXPECT_EQ(reply, answer(syn_ack).between(core_mac, upstream_mac).vlan(7).bytes());
    EXPECT_EQ(counted(Counter::outside_to_honeypot_handshake), 1U);
    EXPECT_EQ(counted(Counter::honeypot_to_outside_no_session), 1U);
}

TEST_F(Handshake, TheSessionBeginsWithThePacketThatFollowsTheAnswer) {
    EXPECT_EQ(from_outside(segment(ack)).end, End::honeypot) << "nothing was answered yet";
    (void)from_outside(segment(syn));
    EXPECT_EQ(from_outside(segment(syn)).end, End::honeypot) << "a repetition";
    (void)from_honeypot(answer(syn_ack));
    EXPECT_EQ(from_outside(segment(syn)).end, End::honeypot) << "the answer was lost: a repetition";
    EXPECT_EQ(from_outside(segment(ack)).end, End::packet_in);
}

TEST_F(Handshake, AResetEndsAFlowThatHasNoSession) {
    (void)from_outside(segment(syn));
    (void)from_honeypot(answer(syn_ack));
    EXPECT_EQ(from_outside(segment(rst)).end, End::honeypot);
    EXPECT_EQ(counted(Counter::outside_dropped_backscatter), 0U);
}

TEST_F(Handshake, HoldsForProtocolsWithoutOneToo) {
    const Frame query = Frame().ipv4(attacker, decoy).udp(40000, 53);
    const Frame response = Frame().between(honeypot_mac, switch_mac).ipv4(decoy, attacker).udp(53, 40000);
    EXPECT_EQ(from_outside(query).end, End::honeypot);
    EXPECT_EQ(from_outside(query).end, End::honeypot);
    EXPECT_EQ(from_honeypot(response).end, End::outside);
    EXPECT_EQ(from_outside(query).end, End::packet_in);
}

TEST_F(Handshake, ARefusalIsLetOutAndIsNoAnswer) {
    (void)from_outside(segment(syn));
    EXPECT_EQ(from_honeypot(answer(rst_ack)).end, End::outside);
    EXPECT_EQ(from_outside(segment(ack)).end, End::honeypot);
    EXPECT_EQ(tally_->total(Step::answered), 0U);
}

TEST_F(Handshake, WhatIsAnsweredIsOnlyWhatWasAsked) {
    (void)from_outside(segment(syn));
    EXPECT_EQ(from_honeypot(Frame(answer(syn_ack)).ipv4(decoy, "203.0.113.9").tcp(22, 40000, syn_ack)).end,
              End::dropped);
    EXPECT_EQ(from_honeypot(Frame(answer(syn_ack)).ipv4("10.1.0.99", attacker).tcp(22, 40000, syn_ack)).end,
              End::dropped);
    EXPECT_EQ(counted(Counter::honeypot_contained_no_session), 2U);
}

TEST_F(Handshake, AnAnswerIsNotLetOutForEver) {
    (void)from_outside(segment(syn));
    pipeline_->set_time(1000 + PendingTable::lifetime_ms + 2000, true);
    EXPECT_EQ(from_honeypot(answer(syn_ack)).end, End::dropped);
}

TEST_F(Handshake, NothingIsAnsweredToTheCampus) {
    EXPECT_EQ(from_outside(Frame().ipv4("10.1.0.77", decoy).tcp(1, 2, syn)).end, End::honeypot);
    EXPECT_EQ(
        from_honeypot(Frame().between(honeypot_mac, switch_mac).ipv4(decoy, "10.1.0.77").tcp(2, 1, syn_ack))
            .end,
        End::dropped);
    EXPECT_EQ(counted(Counter::honeypot_contained_campus), 1U);
}

TEST_F(Handshake, CountsEachFlowOnceAtEachStep) {
    for (int repetition = 0; repetition < 3; ++repetition) (void)from_outside(segment(syn));
    for (int repetition = 0; repetition < 3; ++repetition) (void)from_honeypot(answer(syn_ack));
    EXPECT_EQ(tally_->total(Step::first_packet), 1U);
    EXPECT_EQ(tally_->total(Step::answered), 1U);
    EXPECT_EQ(tally_->of_port(Step::answered, ProgressTally::Transport::tcp, 22), 1U);
    EXPECT_EQ(tally_->of_network(Step::answered, 0xc633), 1U);
}

TEST_F(Handshake, AScanOfMoreFlowsThanAreRememberedReachesTheHoneypotWhole) {
    for (std::uint16_t port = 1; port <= 4000; ++port) {
        EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).tcp(port, 22, syn)).end, End::honeypot);
        EXPECT_EQ(from_honeypot(Frame(answer(syn_ack)).ipv4(decoy, attacker).tcp(22, port, syn_ack)).end,
                  End::outside);
    }
    EXPECT_EQ(sessions_->size(), 0U);
    EXPECT_EQ(counted(Counter::packet_in_handed_over), 0U);
}

// What a flood may and may not cost. Each burst is of 20 packets, of which four may be of new flows.
class Overload : public Handshake {
  protected:
    static constexpr unsigned newcomers = 4, burst = 20;

    Overload() { pipeline_->overload().set_limits(newcomers); }
    void hold_each(const std::function<Frame(std::uint16_t)>& frame) {
        std::vector<Frame::Bytes> frames;
        for (std::uint16_t port = 1; port <= burst; ++port) frames.push_back(frame(port).bytes());
        hold(frames);
    }
    /// What from_outside says of a burst of this frame alone.
    [[nodiscard]] bool any_active(const Frame& frame) {
        bool said = false;
        (void)send([&](Pipeline& pipeline,
                       std::span<rte_mbuf*> packets) { said = pipeline.from_outside(packets, outside_port); },
                   frame);
        return said;
    }
    [[nodiscard]] static Frame opening(std::uint16_t port) {
        return Frame().ipv4(attacker, decoy).tcp(port, 22, syn);
    }
};

TEST_F(Overload, OfNewFlowsAsManyAreCarriedAsMayBe) {
    const std::vector<std::function<Frame(std::uint16_t)>> floods{
        opening,
        [](std::uint16_t port) { return opening(port).vlan(7); },
        [](std::uint16_t port) { return Frame().ipv4(attacker, decoy).tcp(port, 22, ack); },
        [](std::uint16_t port) { return Frame().ipv4(attacker, decoy).udp(port, 53); },
        [](std::uint16_t port) { return Frame().ipv4(attacker, decoy).icmp(8, port); },
    };
    for (const auto& flood : floods) {
        hold_each(flood);
        EXPECT_EQ(ended(End::honeypot), newcomers);
    }
    EXPECT_EQ(counted(Counter::outside_dropped_overload), floods.size() * (burst - newcomers));
    EXPECT_EQ(from_honeypot(Frame(answer(syn_ack)).ipv4(decoy, attacker).tcp(22, 1, syn_ack)).end,
              End::outside)
        << "what is carried is answered";
}

TEST_F(Overload, EachBurstMayHaveAsMany) {
    for (int repetition = 0; repetition < 3; ++repetition) {
        hold_each(opening);
        EXPECT_EQ(ended(End::honeypot), newcomers);
    }
    pipeline_->overload().set_limits(burst_size);
    hold_each(opening);
    EXPECT_EQ(ended(End::honeypot), burst);
}

TEST_F(Overload, SessionsGoOn) {
    for (std::uint16_t port = 1; port <= burst; ++port)
        add_session({ip(attacker), ip(decoy), Be16::from_host(port), Be16::from_host(22), protocol::tcp});
    hold_each([](std::uint16_t port) { return Frame().ipv4(attacker, decoy).tcp(port, 22, ack); });
    EXPECT_EQ(ended(End::honeypot), burst);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_session), burst);
}

TEST_F(Overload, WhenNothingElseHelpsFewAreLookedUp) {
    for (std::uint16_t port = 1; port <= burst; ++port)
        add_session({ip(attacker), ip(decoy), Be16::from_host(port), Be16::from_host(22), protocol::tcp});
    pipeline_->overload().set_limits(newcomers, 8);
    hold_each([](std::uint16_t port) { return Frame().ipv4(attacker, decoy).tcp(port, 22, ack); });
    EXPECT_EQ(ended(End::honeypot), 8U);
    EXPECT_EQ(counted(Counter::outside_dropped_overload), burst - 8);
    hold_each([](std::uint16_t port) { return Frame().ipv4(attacker, server).tcp(port, 80, ack); });
    EXPECT_EQ(ended(End::inside), burst);
}

TEST_F(Overload, LegitimatePacketsNeverPayForIt) {
    hold_each([](std::uint16_t port) { return Frame().ipv4(attacker, server).tcp(port, 80, syn); });
    EXPECT_EQ(ended(End::inside), burst);
    hold_each([](std::uint16_t port) { return Frame().ipv4(attacker, elsewhere).tcp(port, 80, syn); });
    EXPECT_EQ(ended(End::inside), burst);
    hold_each([](std::uint16_t port) { return port % 2 == 0 ? opening(port) : to(server); });
    EXPECT_EQ(ended(End::inside), burst / 2);
    set_classifier(
        {.rules = {{.destinations = {{ip(decoy).host(), 32}}, .action = ClassifierRule::Action::inside}}});
    hold_each(opening);
    EXPECT_EQ(ended(End::inside), burst) << "a rule says inside";
}

TEST_F(Overload, WhatNoRuleMayLetInIsDroppedThoughRulesConcernIt) {
    const auto other_network = ip("203.0.113.0").host();
    set_classifier({.rules = {{.protocol = protocol::udp, .action = ClassifierRule::Action::drop},
                              {.sources = {{other_network, 24}}, .action = ClassifierRule::Action::inside}}});
    hold_each(opening);
    EXPECT_EQ(ended(End::honeypot), newcomers);
    EXPECT_EQ(counted(Counter::outside_dropped_overload), burst - newcomers);
    hold_each([](std::uint16_t port) { return Frame().ipv4("203.0.113.7", decoy).tcp(port, 22, syn); });
    EXPECT_EQ(ended(End::inside), burst) << "a rule says inside";
    hold_each([](std::uint16_t port) { return Frame().ipv4(attacker, server).udp(port, 53); });
    EXPECT_EQ(counted(Counter::outside_dropped_rule), burst) << "the destination is active, so it is judged";
}

TEST_F(Overload, WhatCannotBeParsedGoesInsideAllTheSame) {
    hold_each([](std::uint16_t port) {
        return port % 2 == 0 ? Frame().ipv4(attacker, decoy).udp(port, 53)
                             : Frame().ipv4(attacker, decoy).udp(port, 53).total_length(22);
    });
    EXPECT_EQ(ended(End::inside), burst / 2);
    EXPECT_EQ(counted(Counter::outside_to_inside_malformed), burst / 2);
}

TEST_F(Overload, HeadersThatAreCutShortAreNoNewFlow) {
    hold_each([](std::uint16_t port) { return opening(port).total_length(30); });
    hold_each([](std::uint16_t port) { return opening(port).vlan(7).total_length(30); });
    EXPECT_EQ(counted(Counter::outside_dropped_overload), 2 * (burst - newcomers))
        << "ports, but no flags: flows like others";
    hold_each([](std::uint16_t port) { return opening(port).total_length(22); });
    EXPECT_EQ(counted(Counter::outside_to_inside_malformed), burst);
}

TEST_F(Overload, ListedSourcesAreJudged) {
    ClassifierConfig config;
    config.lists = {{.benign = true}};
    set_classifier(config);
    EXPECT_TRUE(sources_->set({ip("203.0.113.7").host(), 32}, Listing(1)));
    hold_each([](std::uint16_t port) { return Frame().ipv4("203.0.113.7", decoy).tcp(port, 22, syn); });
    EXPECT_EQ(ended(End::inside), burst);
    hold_each([](std::uint16_t port) { return Frame().ipv4("203.0.113.8", decoy).tcp(port, 22, syn); });
    EXPECT_EQ(ended(End::honeypot), newcomers) << "its neighbour is no better than others";
    EXPECT_EQ(counted(Counter::outside_dropped_overload), burst - newcomers);
}

TEST_F(Overload, AnIcmpErrorIsJudgedAsWhatItQuotes) {
    set_classifier(
        {.rules = {{.sources = {{ip("203.0.113.0").host(), 24}}, .action = ClassifierRule::Action::inside}}});
    hold_each([](std::uint16_t port) {
        return Frame().ipv4(attacker, decoy).icmp_error(3, Frame().ipv4(decoy, "203.0.113.1").udp(53, port));
    });
    EXPECT_EQ(ended(End::inside), burst);
}

TEST_F(Overload, EachPacketOfAMixedBurstGoesItsOwnWay) {
    for (std::uint16_t port = 1; port <= 4; ++port)
        add_session({ip(attacker), ip(decoy), Be16::from_host(port), Be16::from_host(22), protocol::tcp});
    std::vector<Frame::Bytes> frames;
    for (std::uint16_t i = 0; i < burst_size; ++i) {
        const auto port = static_cast<std::uint16_t>(i + 1);
        switch (i % 4) {
            case 0:
                frames.push_back(Frame().ipv4(attacker, server).tcp(port, 80).bytes());
                break;
            case 1:
                frames.push_back(
                    Frame().ipv4(attacker, decoy).tcp(i % 16 == 1 ? i / 16 + 1 : port, 22, ack).bytes());
                break;
            case 2:
                frames.push_back(Frame().ipv4(attacker, decoy).tcp(port, 23, syn).bytes());
                break;
            default:
                frames.push_back(Frame().ipv4(attacker, decoy).udp(port, 53).total_length(22).bytes());
        }
    }
    hold(frames);
    std::vector<std::uint16_t> inside;
    for (Outcome outcome = collect(); outcome.end != End::dropped; outcome = collect())
        if (outcome.end == End::inside && outcome.frame[23] == protocol::tcp)
            inside.push_back(static_cast<std::uint16_t>(outcome.frame[34] << 8 | outcome.frame[35]));
    EXPECT_TRUE(std::ranges::is_sorted(inside)) << "in their order";
    EXPECT_EQ(inside.size(), burst_size / 4);
    EXPECT_EQ(counted(Counter::outside_to_inside_active), burst_size / 4);
    EXPECT_EQ(counted(Counter::outside_to_inside_malformed), burst_size / 4);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_session), 4U);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_handshake), newcomers);
    EXPECT_EQ(counted(Counter::outside_dropped_overload), burst_size / 2 - 4 - newcomers);

    pipeline_->overload().set_limits(burst_size);
    hold_each([](std::uint16_t port) { return opening(port); });
    EXPECT_EQ(ended(End::honeypot), burst) << "nothing of it is left";
}

TEST_F(Overload, ABurstWithPacketsForActiveAddressesHasSomethingToProtect) {
    EXPECT_FALSE(any_active(opening(1)));
    EXPECT_TRUE(any_active(to(server)));
    set_classifier({.rules = {{.protocol = protocol::udp, .action = ClassifierRule::Action::drop}}});
    EXPECT_TRUE(any_active(to(server))) << "a rule without a destination concerns every packet";
    EXPECT_FALSE(any_active(opening(1)));
}

TEST_F(Overload, NothingIsDroppedWhileTheControlThreadIsSilent) {
    pipeline_->set_time(1000, false);
    hold_each(opening);
    EXPECT_EQ(ended(End::inside), burst);
}

TEST_F(Admission, TheFullTablesFlowsAreAnsweredAsWell) {
    for (std::uint16_t port = 1; sessions_->has_room(); ++port)
        add_session(
            {ip(attacker), ip("10.1.2.3"), Be16::from_host(port), Be16::from_host(80), protocol::tcp});
    EXPECT_EQ(from_outside(segment(syn)).end, End::honeypot);
    EXPECT_EQ(counted(Counter::outside_to_honeypot_no_session), 1U);
    EXPECT_EQ(from_honeypot(answer(syn_ack)).end, End::outside);
}

TEST_F(Admission, WithoutAHoneypotThePoolSaysWhatBecomesOfPackets) {
    modes_.handshake = true;
    set_pool(0, {}, /*drop=*/false);
    EXPECT_EQ(from_outside(segment(syn)).end, End::inside);
    set_pool(0, {}, /*drop=*/true);
    EXPECT_EQ(from_outside(segment(syn)).end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_dropped_no_honeypot), 1U);
    add_session(key_of(decoy));
    honeypots_.unset(0, true);
    EXPECT_EQ(from_outside(to(decoy)).end, End::dropped);
}

TEST_F(Admission, AHoneypotOnAVlanGetsItsTagAndLosesItAgain) {
    honeypots_.set(0, {honeypot_mac, 66, 0});
    add_session(key_of(decoy));
    EXPECT_EQ(from_outside(to(decoy).vlan(7)).frame,
              to(decoy).between(upstream_mac, honeypot_mac).vlan(66).bytes());
    EXPECT_EQ(from_honeypot(reply_of(decoy).vlan(66)).frame,
              reply_of(decoy).between(core_mac, upstream_mac).vlan(7).bytes());
}

TEST_F(Admission, ASessionTellsHowFarItCame) {
    const auto index = add_session(key_of(decoy));
    const auto progress = [&] { return sessions_->at(index).progress.load(); };
    std::array<SessionTable::Index, 4> reached;
    (void)from_outside(segment(syn));
    EXPECT_EQ(progress(), Step::first_packet);
    (void)from_outside(segment(ack).payload(10));
    EXPECT_EQ(progress(), Step::first_packet) << "nobody has answered";
    (void)from_honeypot(answer(rst_ack));
    EXPECT_EQ(progress(), Step::first_packet) << "a refusal is no answer";
    (void)from_honeypot(answer(syn_ack));
    EXPECT_EQ(progress(), Step::answered);
    (void)from_outside(segment(syn));
    (void)from_outside(segment(rst));
    EXPECT_EQ(progress(), Step::answered);
    (void)from_outside(segment(ack));
    EXPECT_EQ(progress(), Step::handshake);
    EXPECT_EQ(sessions_->take_payloads(reached), 0U);
    (void)from_outside(segment(0x18).payload(1).vlan(3));
    EXPECT_EQ(progress(), Step::payload);
    (void)from_outside(segment(0x18).payload(1));
    ASSERT_EQ(sessions_->take_payloads(reached), 1U);
    EXPECT_EQ(reached[0], index);
}

}  // namespace
}  // namespace honeyswitch::dataplane
