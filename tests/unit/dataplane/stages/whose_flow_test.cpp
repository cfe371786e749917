// Whose flow is it: given a session with a honeypot and what the host of its address sends or does not send,
// expect where the flow's packets go.
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class WhoseFlow : public SwitchFixture {
  protected:
    WhoseFlow() { modes_.outlive_ms = 60'000; }

    /// The host of the decoy's address is up: somebody has said so.
    void comes_up() { addresses_->set_active(ip(decoy).host(), true); }
    static SessionKey key(std::uint8_t number, std::uint16_t outside_port, std::uint16_t inside_port,
                          KeyKind kind = KeyKind::ports) {
        return {ip(attacker), ip(decoy), Be16::from_host(outside_port), Be16::from_host(inside_port),
                number,       kind};
    }
    static Frame inward() { return Frame().ipv4(attacker, decoy); }
    static Frame outward() { return Frame().between(core_mac, upstream_mac).ipv4(decoy, attacker); }
    static Frame from_pot() { return Frame().between(honeypot_mac, switch_mac).ipv4(decoy, attacker); }
};

TEST_F(WhoseFlow, WhatTheHostSendsOnEndsAndIsItsAtOnce) {
    struct Row {
        std::string description;
        SessionKey key;
        Frame request, own, answer;  ///< of the honeypot
    };
    const std::vector<Row> rows{
        {"UDP", key(protocol::udp, 51820, 51820), inward().udp(51820, 51820), outward().udp(51820, 51820),
         from_pot().udp(51820, 51820)},
        {"UDP, tagged", key(protocol::udp, 51821, 51820), inward().udp(51821, 51820).vlan(9),
         outward().udp(51820, 51821).vlan(9), from_pot().udp(51820, 51821)},
        {"ICMP echo", key(protocol::icmp, 77, 0), inward().icmp(8, 77), outward().icmp(8, 77),
         from_pot().icmp(0, 77)},
        {"without ports", key(50, 0, 0, KeyKind::portless), inward().protocol_number(50).payload(40),
         outward().protocol_number(50).payload(40), from_pot().protocol_number(50).payload(40)},
        {"a connection that the host opens", key(protocol::tcp, 443, 50000), inward().tcp(443, 50000, 0x10),
         outward().tcp(50000, 443, 0x02), from_pot().tcp(50000, 443, 0x10)},
        {"a connection that the host has had for long", key(protocol::tcp, 443, 50001),
         inward().tcp(443, 50001, 0x18), outward().tcp(50001, 443, 0x10), from_pot().tcp(50001, 443, 0x10)},
    };
    std::uint64_t ended = 0;
    for (const Row& row : rows) {
        add_session(row.key);
        EXPECT_EQ(from_outside(row.request).end, End::honeypot) << row.description;
        EXPECT_EQ(from_inside(row.own).end, End::outside) << row.description;
        const auto [end, frame] = from_outside(row.request);
        EXPECT_EQ(end, End::inside) << row.description;
        EXPECT_EQ(frame, row.request.bytes()) << row.description;
        EXPECT_EQ(from_honeypot(row.answer).end, End::dropped) << row.description;
        EXPECT_EQ(counted(Counter::inside_ended_sessions), ++ended) << row.description;
    }
    EXPECT_EQ(counted(Counter::outside_to_inside_ended_session), rows.size());
    EXPECT_EQ(counted(Counter::honeypot_contained_no_session), rows.size());
}

TEST_F(WhoseFlow, OfAHostWhoseSightingFindsNoRoomTheFlowIsItsAllTheSame) {
    for (const char* const source : {"10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4"})
        (void)from_inside(Frame().ipv4(source, attacker).udp(1, 2));
    add_session(key(protocol::udp, 51820, 51820));
    EXPECT_EQ(from_inside(outward().udp(51820, 51820)).end, End::outside);
    EXPECT_EQ(counted(Counter::inside_sightings_refused), 1U);
    EXPECT_EQ(from_outside(inward().udp(51820, 51820)).end, End::inside);
}

TEST_F(WhoseFlow, WhatIsNoFlowOfItsOwnEndsNoSession) {
    struct Row {
        std::string description;
        Frame own;
    };
    add_session(key_of(decoy));
    const std::vector<Row> rows{
        {"to another port", outward().tcp(22, 40001)},
        {"from another port", outward().tcp(23, 40000)},
        {"to another address", Frame().ipv4(decoy, "198.51.100.2").tcp(22, 40000)},
        {"from another address", Frame().ipv4(server, attacker).tcp(22, 40000)},
        {"by another protocol", outward().udp(22, 40000)},
        {"a reset: it knows nothing of what strayed to it", outward().tcp(22, 40000, 0x04)},
        {"a reset, tagged", outward().tcp(22, 40000, 0x14).vlan(9)},
        {"an ICMP error that refuses what strayed to it", outward().icmp_error(3, to(decoy))},
        {"cut short", outward().tcp(22, 40000).total_length(22)},
    };
    for (const Row& row : rows) {
        EXPECT_EQ(from_inside(row.own).end, End::outside) << row.description;
        EXPECT_EQ(from_outside(to(decoy)).end, End::honeypot) << row.description;
    }
    EXPECT_EQ(counted(Counter::inside_ended_sessions), 0U);
}

TEST_F(WhoseFlow, AnIcmpErrorEndsNoSessionOfIcmpEither) {
    add_session(companion_of(key(protocol::icmp, 77, 0)));
    const Frame fragment = inward().icmp(8, 77).payload(64).fragment(1480, false);
    for (const Frame& error :
         {outward().icmp_error(3, to(decoy)), outward().icmp_error(11, to(decoy)).vlan(9)}) {
        EXPECT_EQ(from_inside(error).end, End::outside);
        EXPECT_EQ(from_outside(fragment).end, End::honeypot);
    }
    EXPECT_EQ(counted(Counter::inside_ended_sessions), 0U);
}

TEST_F(WhoseFlow, TheHostsFragmentsFindNoEntryOfAnAttackersAnyMore) {
    add_session(key(protocol::udp, 40000, 9));
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    const Frame following = inward().udp(40000, 9).payload(64).fragment(1480, false);
    EXPECT_EQ(from_outside(following).end, End::honeypot);
    EXPECT_EQ(from_inside(outward().udp(5000, 53)).end, End::outside) << "another flow, the same addresses";
    EXPECT_EQ(from_outside(following).end, End::inside);
    EXPECT_EQ(from_outside(inward().udp(40000, 9)).end, End::honeypot) << "the attacker's flow goes on";
}

TEST_F(WhoseFlow, AFragmentOfTheHostEndsItsOwnEntryAlone) {
    add_session(key(protocol::udp, 40000, 9));
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    (void)from_inside(outward().udp(9, 40000).payload(64).fragment(1480, false));
    EXPECT_EQ(counted(Counter::inside_ended_sessions), 1U);
    EXPECT_EQ(from_outside(inward().udp(40000, 9).payload(64).fragment(1480, false)).end, End::inside);
    EXPECT_EQ(from_outside(inward().udp(40000, 9)).end, End::honeypot);
}

TEST_F(WhoseFlow, FragmentsOfAnActiveAddressGoInside) {
    add_session(key_of(decoy));
    comes_up();
    EXPECT_EQ(from_outside(to(decoy).payload(64).fragment(1480, false)).end, End::inside);
}

TEST_F(WhoseFlow, ARuleComesBeforeAFlowThatHasEnded) {
    set_classifier(
        {.rules = {{.destinations = {{ip(decoy).host(), 32}}, .action = ClassifierRule::Action::drop}}});
    add_session(key(protocol::udp, 51820, 51820));
    (void)from_inside(outward().udp(51820, 51820));
    pipeline_->set_time(1000 + OwnFlows::lifetime_ms + 1000, true);
    EXPECT_EQ(from_outside(inward().udp(51820, 51820)).end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_dropped_rule), 1U);
}

TEST_F(WhoseFlow, WithoutAnEndOfItsOwnASessionOutlivesItsAddressForAWhileOnly) {
    struct Row {
        std::string description;
        SessionKey key;
        Frame request;
        bool ends;
    };
    const std::vector<Row> rows{
        {"UDP", key(protocol::udp, 51820, 51820), inward().udp(51820, 51820), true},
        {"ICMP echo", key(protocol::icmp, 77, 0), inward().icmp(8, 77), true},
        {"without ports", key(50, 0, 0, KeyKind::portless), inward().protocol_number(50).payload(40), true},
        {"fragments of TCP", companion_of(key_of(decoy)), to(decoy).fragment(1480, false), true},
        {"TCP", key_of(decoy), to(decoy), false},
    };
    for (const Row& row : rows) add_session(row.key);
    const auto goes = [&](std::uint32_t now, End expected) {
        pipeline_->set_time(now, true);
        for (const Row& row : rows)
            EXPECT_EQ(from_outside(row.request).end, row.ends ? expected : End::honeypot)
                << row.description << " at " << now;
    };
    goes(200'000, End::honeypot);  // nobody has the address
    comes_up();
    goes(300'000, End::honeypot);
    goes(359'000, End::honeypot);
    goes(360'000, End::inside);
    addresses_->set_active(ip(decoy).host(), false);
    goes(370'000, End::inside);  // what has ended has ended
}

TEST_F(WhoseFlow, OutliveTimeoutOfNothingEndsThemAtOnce) {
    modes_.outlive_ms = 0;
    add_session(key(protocol::udp, 51820, 51820));
    EXPECT_EQ(from_outside(inward().udp(51820, 51820)).end, End::honeypot);
    comes_up();
    EXPECT_EQ(from_outside(inward().udp(51820, 51820)).end, End::inside);
}

TEST_F(WhoseFlow, ADecoysSessionMayAlwaysOutliveThatItsAddressIsActive) {
    set_classifier(
        {.rules = {{.destinations = {{ip(decoy).host(), 32}}, .action = ClassifierRule::Action::divert}}});
    comes_up();
    add_session(key(protocol::udp, 51820, 51820));
    for (const std::uint32_t now : {10'000U, 100'000U, 1'000'000U}) {
        pipeline_->set_time(now, true);
        EXPECT_EQ(from_outside(inward().udp(51820, 51820)).end, End::honeypot) << now;
    }
}

TEST_F(WhoseFlow, ASightingIsSeenBeforeAnybodyTakesIt) {
    EXPECT_FALSE(addresses_->is_sighted(ip(decoy).host()));
    (void)from_inside(outward().udp(5000, 53));
    EXPECT_TRUE(addresses_->is_sighted(ip(decoy).host()));
    std::array<std::uint32_t, 8> taken;
    ASSERT_EQ(addresses_->take_sightings(taken), 1U);
    EXPECT_TRUE(addresses_->is_sighted(ip(decoy).host()));
    EXPECT_FALSE(addresses_->is_sighted(ip(elsewhere).host()));
}

class OrderOfFragments : public WhoseFlow {
  protected:
    OrderOfFragments() { add_session(key(protocol::udp, 40000, 9)); }
    static Frame first() { return inward().udp(40000, 9).payload(64).fragment(0, true); }
    static Frame following() { return inward().udp(40000, 9).payload(64).fragment(72, false); }
};

TEST_F(OrderOfFragments, NoneOvertakesOneThatTheControlThreadHas) {
    hold(first());
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    EXPECT_EQ(ended(End::honeypot), 0U);
    hold(following());
    EXPECT_EQ(ended(End::honeypot), 0U) << "the first is not back yet";
    pipeline_->set_settled(1);
    hold(first());
    EXPECT_EQ(ended(End::honeypot), 0U) << "the second is not back yet";
    pipeline_->set_settled(3);
    hold(following());
    EXPECT_EQ(ended(End::honeypot), 1U);
}

TEST_F(OrderOfFragments, WhatIsBackHoldsNobodyUp) {
    EXPECT_EQ(from_outside(first()).end, End::packet_in);
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    pipeline_->set_settled(1);
    EXPECT_EQ(from_outside(first()).end, End::honeypot);
    EXPECT_EQ(from_outside(following()).end, End::honeypot);
}

TEST_F(OrderOfFragments, WholePacketsAndOtherAddressesGoTheShortWay) {
    EXPECT_EQ(from_outside(first()).end, End::packet_in);
    EXPECT_EQ(from_outside(inward().udp(40000, 9)).end, End::honeypot);
}

TEST_F(OrderOfFragments, InOneBurstToo) {
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    hold(std::vector{inward().udp(40001, 9).payload(64).fragment(0, true).bytes(), following().bytes()});
    EXPECT_EQ(ended(End::honeypot), 0U) << "the first is new, and is handed over at the end of the burst";
}

TEST_F(OrderOfFragments, WhereSessionsBeginWithAHandshakeToo) {
    modes_.handshake = true;
    hold(std::vector{first().bytes(), following().bytes()});
    EXPECT_EQ(ended(End::honeypot), 0U) << "the first brings the entry that the other one will find";
    pipeline_->set_settled(2);
    EXPECT_EQ(from_outside(following()).end, End::honeypot) << "nobody has begun anything";
}

TEST_F(OrderOfFragments, InMaintenanceToo) {
    modes_.diverting = Diverting::running;
    hold(std::vector{first().bytes(), following().bytes()});
    EXPECT_EQ(ended(End::inside), 0U) << "the session goes on, and so does what belongs to it";
    pipeline_->set_settled(2);
    EXPECT_EQ(from_outside(following()).end, End::inside) << "nothing new begins";
}

TEST_F(OrderOfFragments, RepliesToo) {
    const Frame reply = from_pot().udp(9, 40000).payload(64).fragment(0, true);
    EXPECT_EQ(from_honeypot(reply).end, End::packet_in);
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    EXPECT_EQ(from_honeypot(from_pot().udp(9, 40000).payload(64).fragment(72, false)).end, End::packet_in);
    pipeline_->set_settled(2);
    EXPECT_EQ(from_honeypot(reply).end, End::outside);
}

TEST_F(OrderOfFragments, AllOfAReplyGoesBackTheWayOfItsFirst) {
    const EtherAddress router = mac("02:00:00:00:00:11"), core = mac("02:00:00:00:00:12");
    add_session(companion_of(key(protocol::udp, 40000, 9)));
    EXPECT_EQ(from_outside(inward().udp(40000, 9).between(router, core).vlan(7)).end, End::honeypot);
    for (const Frame& fragment : {from_pot().udp(9, 40000).payload(64).fragment(0, true),
                                  from_pot().udp(9, 40000).payload(64).fragment(72, false)}) {
        const auto [end, frame] = from_honeypot(fragment);
        EXPECT_EQ(end, End::outside);
        EXPECT_EQ(frame, Frame(fragment).between(core, router).vlan(7).bytes());
    }
}

}  // namespace
}  // namespace honeyswitch::dataplane
