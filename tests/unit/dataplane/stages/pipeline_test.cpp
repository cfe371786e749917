// The table "what happens to a packet": given these tables and this frame, expect this port and this frame.
#include <algorithm>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class FromOutside : public SwitchFixture {};
class FromInside : public SwitchFixture {};
class FromHoneypot : public SwitchFixture {};

Frame::Bytes sent_to(const EtherAddress& destination, const Frame& frame) {
    auto bytes = frame.bytes();
    std::ranges::copy(destination, bytes.begin());
    return bytes;
}

TEST_F(FromOutside, WhatIsNoHealthyIpv4PassesUnchanged) {
    struct Row {
        std::string description;
        Frame frame;
        Counter reason;
    };
    const std::vector<Row> rows{
        {"ARP", Frame().arp(arp_request, upstream_mac, "198.51.100.254", "10.1.0.1"),
         Counter::outside_to_inside_not_ipv4},
        {"IPv6", Frame().type(ether_type::ipv6).payload(40), Counter::outside_to_inside_not_ipv4},
        {"LLDP", Frame().type(Be16::from_host(0x88cc)).payload(50), Counter::outside_to_inside_not_ipv4},
        {"three tags", to(decoy).vlan(1).vlan(2).vlan(3), Counter::outside_to_inside_malformed},
        {"truncated IPv4", to(decoy).cut_to(30), Counter::outside_to_inside_malformed},
        {"cut ports, for an inactive address", to(decoy).total_length(22),
         Counter::outside_to_inside_malformed},
        {"one byte", to(decoy).cut_to(1), Counter::outside_to_inside_malformed},
    };
    for (const Row& row : rows) {
        const auto before = counted(row.reason);
        const auto [end, frame] = from_outside(row.frame);
        EXPECT_EQ(end, End::inside) << row.description;
        EXPECT_EQ(frame, row.frame.bytes()) << row.description;
        EXPECT_EQ(counted(row.reason), before + 1) << row.description;
    }
    EXPECT_TRUE(
        other_counters({Counter::outside_to_inside_not_ipv4, Counter::outside_to_inside_malformed}).empty());
}

TEST_F(FromOutside, ActiveAndForeignAddressesPassUnchanged) {
    for (const char* const destination : {server, elsewhere, "224.0.0.1", "255.255.255.255"})
        for (const Frame& frame : {to(destination), to(destination).vlan(7).vlan(8),
                                   to(destination).fragment(1480, true), to(destination).fragment(0, true)}) {
            const auto [end, bytes] = from_outside(frame);
            EXPECT_EQ(end, End::inside) << destination;
            EXPECT_EQ(bytes, frame.bytes()) << destination;
        }
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 16U);
}

TEST_F(FromOutside, AnInactiveAddressIsAPacketIn) {
    const auto [end, frame] = from_outside(to(decoy));
    EXPECT_EQ(end, End::packet_in);
    EXPECT_EQ(frame, to(decoy).bytes());
}

TEST_F(FromOutside, ASessionGoesToItsHoneypot) {
    add_session(key_of(decoy));
    const auto [end, frame] = from_outside(to(decoy));
    EXPECT_EQ(end, End::honeypot);
    EXPECT_EQ(frame, sent_to(honeypot_mac, to(decoy)));
}

TEST_F(FromOutside, AnotherSessionOfTheSameAddressesIsAPacketIn) {
    add_session(key_of(decoy));
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).tcp(40001, 22)).end, End::packet_in);
}

TEST_F(FromOutside, TagsAreStrippedOnTheWayToTheHoneypot) {
    add_session(key_of(decoy));
    for (const Frame& tagged : {to(decoy).vlan(7), to(decoy).vlan(7, ether_type::service_vlan).vlan(8)})
        EXPECT_EQ(from_outside(tagged).frame, sent_to(honeypot_mac, to(decoy)));
}

TEST_F(FromOutside, ASessionOutlivesItsAddressBecomingActive) {
    add_session(key_of(decoy));
    addresses_->set_active(ip(decoy).host(), true);
    EXPECT_EQ(from_outside(to(decoy)).end, End::honeypot);
    EXPECT_EQ(from_outside(Frame().ipv4(attacker, decoy).tcp(40001, 22)).end, End::inside);
}

TEST_F(FromOutside, ASessionOutlivesItsDomainBecomingUnknown) {
    add_session(key_of(decoy));
    ASSERT_TRUE(addresses_->add_domain({ip("10.1.0.0").host(), 16}, DomainKind::unknown, {}));
    EXPECT_EQ(from_outside(to(decoy)).end, End::honeypot);
    EXPECT_EQ(from_outside(to("10.1.0.33")).end, End::inside);
}

TEST_F(FromOutside, ARemovedSessionIsAPacketInAgain) {
    remove_session(add_session(key_of(decoy)), decoy);
    EXPECT_EQ(from_outside(to(decoy)).end, End::packet_in);
}

TEST_F(FromOutside, FollowingFragmentsGoWhereTheFirstOneWent) {
    add_session(key_of(decoy));
    const Frame first = to(decoy).fragment(0, true), following = to(decoy).fragment(1480, false);
    EXPECT_EQ(from_outside(first).end, End::packet_in) << "no companion yet: the control thread adds it";
    EXPECT_EQ(from_outside(following).end, End::packet_in);
    add_session(companion_of(key_of(decoy)));
    pipeline_->set_settled(2);
    EXPECT_EQ(from_outside(first).end, End::honeypot);
    EXPECT_EQ(from_outside(following).end, End::honeypot);
}

TEST_F(FromOutside, IcmpErrorsFollowTheSessionThatTheyQuote) {
    add_session(key_of(decoy));
    const Frame about_the_reply = Frame().ipv4("192.0.2.1", decoy).icmp_error(11, reply_of(decoy));
    EXPECT_EQ(from_outside(about_the_reply).end, End::honeypot);
    EXPECT_EQ(from_outside(Frame().ipv4("192.0.2.1", server).icmp_error(11, reply_of(server))).end,
              End::inside);
    EXPECT_EQ(from_outside(Frame().ipv4("192.0.2.7", decoy).icmp_error(11, reply_of(server))).end,
              End::dropped);
    EXPECT_EQ(counted(Counter::outside_dropped_backscatter), 1U);
}

TEST_F(FromOutside, WhenThePuntRingIsFullTheHoneypotStillGetsThePacket) {
    const auto index = add_session(key_of(decoy));
    for (std::uint16_t port = 1; port <= packet_ins_->capacity(); ++port)
        hold(Frame().ipv4(attacker, decoy).tcp(port, 22));
    const Frame one_more = Frame().ipv4(attacker, decoy).tcp(60000, 22);
    const auto [end, frame] = from_outside(one_more);
    EXPECT_EQ(end, End::honeypot);
    EXPECT_EQ(frame, sent_to(honeypot_mac, one_more));
    EXPECT_EQ(counted(Counter::outside_to_honeypot_no_session), 1U);
    EXPECT_EQ(from_outside(to(decoy).fragment(0, true)).end, End::honeypot);
    EXPECT_EQ(sessions_->at(index).packets_in, 1U) << "a session's own fragment is counted for it";
}

TEST_F(FromOutside, ABlockedHoneypotPortCostsNobodyElse) {
    add_session(key_of(decoy));
    const unsigned more_than_the_queue_takes = 400;
    for (unsigned i = 0; i < more_than_the_queue_takes; ++i) hold(to(decoy));
    EXPECT_GT(counted(Counter::tx_dropped_honeypot), 0U);
    hold(to(server));
    hold(to(decoy));
    EXPECT_EQ(ended(End::inside), 1U);
    EXPECT_EQ(counted(Counter::tx_dropped_inside), 0U);
    EXPECT_EQ(ended(End::honeypot) + counted(Counter::tx_dropped_honeypot), more_than_the_queue_takes + 1);
}

TEST_F(FromOutside, WhenTheControlThreadIsSilentTheLinkFailsOpen) {
    add_session(key_of(decoy));
    pipeline_->set_time(5000, false);
    EXPECT_EQ(from_outside(to("10.1.0.33")).end, End::inside);
    EXPECT_EQ(counted(Counter::outside_to_inside_fail_open), 1U);
    EXPECT_EQ(from_outside(to(decoy)).end, End::honeypot) << "sessions go on";
    EXPECT_EQ(from_outside(to(decoy).fragment(0, true)).end, End::honeypot);
}

TEST_F(FromOutside, WithoutAHoneypotSessionsGoInside) {
    add_session(key_of(decoy));
    honeypots_.unset(0, false);
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    EXPECT_EQ(counted(Counter::outside_to_inside_no_honeypot), 1U);
}

TEST_F(FromOutside, ASessionCountsItsPacketsAndItsTime) {
    const auto index = add_session(key_of(decoy));
    pipeline_->set_time(7000, true);
    (void)from_outside(to(decoy).payload(100));
    (void)from_honeypot(reply_of(decoy));
    const Session& session = sessions_->at(index);
    EXPECT_EQ(session.packets_in, 1U);
    EXPECT_EQ(session.bytes_in, 154U);
    EXPECT_EQ(session.packets_out, 1U);
    EXPECT_EQ(session.bytes_out, 54U);
    EXPECT_EQ(session.last_seen, 7000U);
}

TEST_F(FromInside, EverythingGoesOutsideUnchanged) {
    const std::vector<Frame> frames{
        Frame().between(core_mac, upstream_mac).ipv4(server, attacker).tcp(80, 40000),
        Frame().between(core_mac, upstream_mac).ipv4(elsewhere, attacker).udp(53, 5353).vlan(9),
        Frame().arp(arp_request, core_mac, "198.51.100.253", "198.51.100.254"),
        Frame().type(ether_type::ipv6).payload(40),
        to(decoy).cut_to(20),
    };
    for (const Frame& frame : frames) {
        const auto [end, bytes] = from_inside(frame);
        EXPECT_EQ(end, End::outside);
        EXPECT_EQ(bytes, frame.bytes());
    }
    EXPECT_TRUE(other_counters({Counter::inside_to_outside}).empty());
}

TEST_F(FromInside, AQuietHostsFirstPacketMakesItActive) {
    EXPECT_EQ(from_inside(Frame().ipv4(decoy, attacker).tcp(22, 40000)).end, End::outside);
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
    std::array<std::uint32_t, 8> sighted;
    ASSERT_EQ(addresses_->take_sightings(sighted), 1U);
    EXPECT_EQ(sighted[0], ip(decoy).host());
}

TEST_F(FromInside, SightingsAreCapped) {
    for (const char* const source : {"10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4", "10.1.1.5", "10.1.1.5"})
        EXPECT_EQ(from_inside(Frame().ipv4(source, attacker).udp(1, 2)).end, End::outside);
    EXPECT_EQ(counted(Counter::inside_sightings), 4U);
    EXPECT_EQ(counted(Counter::inside_sightings_refused), 2U);
    EXPECT_EQ(from_outside(to("10.1.1.5")).end, End::packet_in);
    addresses_->ask_sighted(ip("10.1.1.1").host());
    EXPECT_TRUE(addresses_->end_sighting(ip("10.1.1.1").host()));
    EXPECT_EQ(from_inside(Frame().ipv4("10.1.1.5", attacker).udp(1, 2)).end, End::outside);
    EXPECT_EQ(from_outside(to("10.1.1.5")).end, End::inside);
}

TEST_F(FromInside, ASightingThatEndsTakesTheActiveFlowWithItInOneStep) {
    const Frame packet = Frame().ipv4(decoy, attacker).udp(1, 2);
    (void)from_inside(packet);
    addresses_->set_active(ip(decoy).host(), true);  // the control thread has taken the sighting
    addresses_->ask_sighted(ip(decoy).host());
    EXPECT_TRUE(addresses_->end_sighting(ip(decoy).host(), true));
    EXPECT_EQ(from_outside(to(decoy)).end, End::packet_in);
    (void)from_inside(packet);
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside) << "and is sighted anew";
}

TEST_F(FromInside, ASightingThatEndsLeavesOthersWord) {
    (void)from_inside(Frame().ipv4(decoy, attacker).udp(1, 2));
    addresses_->set_active(ip(decoy).host(), true);
    addresses_->ask_sighted(ip(decoy).host());
    EXPECT_TRUE(addresses_->end_sighting(ip(decoy).host(), false));
    EXPECT_EQ(from_outside(to(decoy)).end, End::inside);
}

TEST_F(FromInside, ASightedHostThatSpeaksAgainAnswersTheQuestion) {
    const Frame packet = Frame().ipv4(decoy, attacker).udp(1, 2);
    (void)from_inside(packet);
    addresses_->ask_sighted(ip(decoy).host());
    (void)from_inside(packet);
    EXPECT_FALSE(addresses_->end_sighting(ip(decoy).host()));
    addresses_->ask_sighted(ip(decoy).host());
    EXPECT_TRUE(addresses_->end_sighting(ip(decoy).host()));
    EXPECT_EQ(from_outside(to(decoy)).end, End::packet_in);
}

TEST_F(FromHoneypot, ArpRequestsAreAnsweredForAnyAddress) {
    const auto [end, frame] = from_honeypot(Frame().arp(arp_request, honeypot_mac, decoy, "203.0.113.77"));
    EXPECT_EQ(end, End::honeypot);
    Frame expected =
        Frame().arp(arp_reply, switch_mac, "203.0.113.77", decoy).between(switch_mac, honeypot_mac);
    auto bytes = expected.bytes();
    std::ranges::copy(honeypot_mac, bytes.begin() + 14 + 18);  // the target's hardware address
    EXPECT_EQ(frame, bytes);
}

TEST_F(FromHoneypot, ProbesAnnouncementsAndRepliesShowWhoIsUp) {
    for (const Frame& frame : {Frame().arp(arp_request, honeypot_mac, "0.0.0.0", decoy),
                               Frame().arp(arp_request, honeypot_mac, decoy, decoy),
                               Frame().arp(arp_reply, honeypot_mac, decoy, "0.0.0.0")})
        EXPECT_EQ(from_honeypot(frame).end, End::packet_in);
    EXPECT_EQ(counted(Counter::packet_in_handed_over), 3U);
    EXPECT_EQ(other_counters({Counter::packet_in_handed_over}), std::vector<std::string>());
}

TEST_F(FromHoneypot, ArpThatNamesAnothersMacAddressIsNotHeard) {
    const auto forged =
        Frame().arp(arp_request, core_mac, decoy, "203.0.113.77").between(honeypot_mac, switch_mac);
    EXPECT_EQ(from_honeypot(forged).end, End::dropped);
    EXPECT_EQ(counted(Counter::honeypot_contained_malformed), 1U);
}

TEST_F(FromHoneypot, ASessionsReplyGoesBackTheWayItsPacketsCame) {
    struct Row {
        std::string description;
        Frame request, expected;
    };
    const auto expected = [] { return reply_of(decoy).between(core_mac, upstream_mac); };
    const std::vector<Row> rows{
        {"untagged", to(decoy), expected()},
        {"tagged", to(decoy).vlan(7), expected().vlan(7)},
        {"QinQ", to(decoy).vlan(7, ether_type::service_vlan).vlan(8),
         expected().vlan(7, ether_type::service_vlan).vlan(8)},
        {"after a failover of the routers",
         to(decoy).between(mac("02:00:00:00:00:11"), mac("02:00:00:00:00:12")),
         reply_of(decoy).between(mac("02:00:00:00:00:12"), mac("02:00:00:00:00:11"))},
    };
    add_session(key_of(decoy));
    for (const Row& row : rows) {
        (void)from_outside(row.request);
        const auto [end, frame] = from_honeypot(reply_of(decoy));
        EXPECT_EQ(end, End::outside) << row.description;
        EXPECT_EQ(frame, row.expected.bytes()) << row.description;
    }
}

TEST_F(FromHoneypot, TagsOfItsOwnAreReplaced) {
    add_session(key_of(decoy));
    (void)from_outside(to(decoy).vlan(7));
    EXPECT_EQ(from_honeypot(reply_of(decoy).vlan(99).vlan(98)).frame,
              reply_of(decoy).between(core_mac, upstream_mac).vlan(7).bytes());
}

TEST_F(FromHoneypot, WhatBelongsToNoSessionIsContained) {
    struct Row {
        std::string description;
        Frame frame;
        Counter reason;
    };
    const auto from = [](const char* source, const char* destination) {
        return Frame().between(honeypot_mac, switch_mac).ipv4(source, destination);
    };
    const std::vector<Row> rows{
        {"a connection of its own", from(decoy, "203.0.113.9").tcp(50000, 80),
         Counter::honeypot_contained_no_session},
        {"from an address that is not the session's decoy", from("10.1.0.99", attacker).tcp(22, 40000),
         Counter::honeypot_contained_no_session},
        {"to the campus", from(decoy, server).tcp(22, 40000), Counter::honeypot_contained_no_session},
        {"an ICMP error that quotes nothing of its own", from(decoy, attacker).icmp_error(3, to(server)),
         Counter::honeypot_contained_no_session},
        {"IPv6", Frame().type(ether_type::ipv6).payload(40), Counter::honeypot_contained_not_ipv4},
        {"truncated", reply_of(decoy).cut_to(30), Counter::honeypot_contained_malformed},
        {"cut ports", reply_of(decoy).total_length(22), Counter::honeypot_contained_malformed},
    };
    add_session(key_of(decoy));
    for (const Row& row : rows) {
        const auto before = counted(row.reason);
        EXPECT_EQ(from_honeypot(row.frame).end, End::dropped) << row.description;
        EXPECT_EQ(counted(row.reason), before + 1) << row.description;
    }
}

TEST_F(FromHoneypot, ItsIcmpErrorsAboutASessionGoOutside) {
    add_session(key_of(decoy));
    const auto complaint =
        Frame().between(honeypot_mac, switch_mac).ipv4(decoy, attacker).icmp_error(3, to(decoy));
    EXPECT_EQ(from_honeypot(complaint).end, End::outside);
}

TEST_F(FromHoneypot, FragmentsAskForACompanion) {
    add_session(key_of(decoy));
    EXPECT_EQ(from_honeypot(reply_of(decoy).fragment(0, true)).end, End::packet_in);
    EXPECT_EQ(from_honeypot(reply_of(decoy).fragment(1480, false)).end, End::packet_in);
    add_session(companion_of(key_of(decoy)));
    pipeline_->set_settled(2);
    EXPECT_EQ(from_honeypot(reply_of(decoy).fragment(0, true)).end, End::outside);
    EXPECT_EQ(from_honeypot(reply_of(decoy).fragment(1480, false)).end, End::outside);
}

TEST_F(FromHoneypot, OpenContainmentIsThePapersRule) {
    modes_.open_containment = true;
    (void)from_outside(to(server).vlan(3));
    const auto own = Frame().between(honeypot_mac, switch_mac).ipv4(decoy, "203.0.113.9").tcp(50000, 80);
    const auto [end, frame] = from_honeypot(own);
    EXPECT_EQ(end, End::outside);
    EXPECT_EQ(frame, Frame(own).between(core_mac, upstream_mac).vlan(3).bytes());
    EXPECT_EQ(counted(Counter::honeypot_to_outside_open), 1U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
