// What may leave the honeypots, beyond the replies of sessions.
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class Containment : public SwitchFixture {
  protected:
    [[nodiscard]] static Frame own(const char* destination) {
        return Frame().between(honeypot_mac, switch_mac).ipv4(decoy, destination).udp(5000, 53);
    }
};

TEST_F(Containment, LimitedAsksTheControlThreadAboutNewFlows) {
    modes_.limited_containment = true;
    EXPECT_EQ(from_honeypot(own("203.0.113.9")).end, End::packet_in);
    pipeline_->set_time(5000, false);
    EXPECT_EQ(from_honeypot(own("203.0.113.9")).end, End::dropped)
        << "a silent control thread allows nothing";
    EXPECT_EQ(counted(Counter::honeypot_contained_no_session), 1U);
}

TEST_F(Containment, WhatAnswersAProbeIsForTheControlThread) {
    const auto answer =
        Frame().between(honeypot_mac, switch_mac).ipv4(decoy, "192.0.2.1").tcp(22, 50000, 0x12);
    EXPECT_EQ(from_honeypot(answer).end, End::packet_in);
}

TEST_F(Containment, NobodyOutsideCanSpeakAsTheProbe) {
    EXPECT_EQ(from_outside(Frame().ipv4("192.0.2.1", decoy).tcp(50000, 22, 0x02)).end, End::dropped);
    EXPECT_EQ(counted(Counter::outside_dropped_probe_source), 1U);
    EXPECT_EQ(from_outside(Frame().ipv4("192.0.2.1", server).tcp(50000, 22, 0x02)).end, End::inside);
}

TEST_F(Containment, ASessionWithTheCampusGetsNoReply) {
    SessionKey key = key_of(decoy);
    key.outside = ip("10.1.0.77");
    addresses_->session_added(ip(decoy).host());
    ASSERT_TRUE(sessions_->add({.key = key, .path = {core_mac, upstream_mac}, .contained = true}, 1000));
    EXPECT_EQ(from_outside(Frame().ipv4("10.1.0.77", decoy).tcp(40000, 22)).end, End::honeypot);
    EXPECT_EQ(
        from_honeypot(Frame().between(honeypot_mac, switch_mac).ipv4(decoy, "10.1.0.77").tcp(22, 40000)).end,
        End::dropped);
    EXPECT_EQ(counted(Counter::honeypot_contained_campus), 1U);
}

TEST_F(Containment, OneHoneypotDoesNotSpeakForAnother) {
    modes_.several_honeypots = true;
    add_session(key_of(decoy));
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::outside);
    EXPECT_EQ(from_honeypot(reply_of(decoy).between(mac("02:00:00:00:00:ab"), switch_mac)).end, End::dropped)
        << "another MAC address";
    EXPECT_EQ(from_honeypot(reply_of(decoy).vlan(5)).end, End::dropped) << "another VLAN";
    honeypots_.set(0, {honeypot_mac, 0, 1});
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::dropped) << "another port";
    EXPECT_EQ(counted(Counter::honeypot_contained_foreign), 3U);
}

TEST_F(Containment, NorWhereThereIsNoSessionYet) {
    modes_.several_honeypots = modes_.handshake = true;
    (void)from_outside(to("10.1.0.99"));
    const auto answer = [](const char* sender) {
        return Frame().between(mac(sender), switch_mac).ipv4("10.1.0.99", attacker).tcp(22, 40000, 0x12);
    };
    EXPECT_EQ(from_honeypot(answer("02:00:00:00:00:ab")).end, End::dropped);
    EXPECT_EQ(from_honeypot(answer("02:00:00:00:00:aa")).end, End::outside);
}

TEST_F(Containment, RepliesToOneSourceAreCapped) {
    modes_.set_reply_rates({.packets_per_source = 3});
    add_session(key_of(decoy));
    for (int i = 0; i < 10; ++i) (void)from_honeypot(reply_of(decoy));
    EXPECT_EQ(counted(Counter::honeypot_to_outside_session), 3U);
    EXPECT_EQ(counted(Counter::honeypot_contained_source_cap), 7U);
    pipeline_->set_time(2000, true);
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::outside) << "the next second";
    SessionKey other = key_of(decoy);
    other.outside = ip("203.0.113.9");
    add_session(other);
    EXPECT_EQ(from_honeypot(Frame(reply_of(decoy)).ipv4(decoy, "203.0.113.9").tcp(22, 40000)).end,
              End::outside);
}

TEST_F(Containment, BytesAreCappedAsWell) {
    modes_.set_reply_rates({.bytes_per_source = 1000});
    add_session(key_of(decoy));
    EXPECT_EQ(from_honeypot(reply_of(decoy).payload(900)).end, End::outside);
    EXPECT_EQ(from_honeypot(reply_of(decoy).payload(900)).end, End::dropped);
    EXPECT_EQ(from_honeypot(reply_of(decoy)).end, End::dropped)
        << "54 bytes more are too many, too: 954 + 54";
}

TEST_F(Containment, AHoneypotIsCappedAcrossItsSources) {
    modes_.handshake = true;
    modes_.set_reply_rates({.packets_per_honeypot = 5});
    for (std::uint16_t port = 1; port <= 20; ++port) {
        (void)from_outside(Frame().ipv4(attacker, decoy).tcp(port, 22, 0x02));
        (void)from_honeypot(Frame(reply_of(decoy)).ipv4(decoy, attacker).tcp(22, port, 0x12));
    }
    EXPECT_EQ(counted(Counter::honeypot_to_outside_no_session), 5U);
    EXPECT_EQ(counted(Counter::honeypot_contained_honeypot_cap), 15U);
}

TEST_F(Containment, WhatAHoneypotsCapDropsCostsTheSourceNothing) {
    modes_.set_reply_rates({.packets_per_source = 2, .packets_per_honeypot = 1});
    honeypots_.set(1, {mac("02:00:00:00:00:ab"), 0, 0});
    modes_.several_honeypots = true;
    add_session(key_of(decoy));
    SessionKey other = key_of("10.1.0.33");
    addresses_->session_added(other.inside.host());
    ASSERT_TRUE(sessions_->add({.key = other, .path = {core_mac, upstream_mac}, .honeypot = 1}, 1000));
    for (int i = 0; i < 3; ++i) (void)from_honeypot(reply_of(decoy));
    EXPECT_EQ(counted(Counter::honeypot_contained_honeypot_cap), 2U);
    EXPECT_EQ(from_honeypot(reply_of("10.1.0.33").between(mac("02:00:00:00:00:ab"), switch_mac)).end,
              End::outside)
        << "the source was sent one packet so far";
}

TEST_F(Containment, ReplyingIsNoted) {
    add_session(key_of(decoy));
    EXPECT_EQ(honeypots_.last_reply(0), 0U);
    pipeline_->set_time(7000, true);
    (void)from_honeypot(reply_of(decoy));
    EXPECT_EQ(honeypots_.last_reply(0), 7000U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
