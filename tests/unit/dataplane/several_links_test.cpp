// Two links, one worker, and the tables of both: given these frames by these ports, expect those by those.
#include <initializer_list>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "tests/unit/fixtures/plane_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class TwoLinks : public PlaneFixture {
  protected:
    TwoLinks() : PlaneFixture(2) {}

    static constexpr PortIndex honeypots = PortLayout(2).honeypot_port(0);

    void begin_session(const char* destination, LinkIndex link) {
        plane_->addresses().session_added(ip(destination).host());
        L2Path path{core_mac, upstream_mac};
        path.link = link;
        ASSERT_TRUE(plane_->sessions().add({.key = key_of(destination), .path = path}, 0));
    }
    /// By which ports frames have left since the last look, one entry for each.
    [[nodiscard]] std::vector<PortIndex> ways() {
        std::vector<PortIndex> all;
        for (PortIndex port = 0; port < plane_->ports().size(); ++port)
            all.insert(all.end(), left(port).size(), port);
        return all;
    }
    using Ways = std::vector<PortIndex>;
};

TEST(PortLayout, HoneypotsAreBehindTheLinks) {
    constexpr PortLayout layout(3);
    EXPECT_EQ(layout.links(), 3U);
    EXPECT_EQ(layout.link_ports(), 6U);
    EXPECT_EQ(layout.side_of(outside_of(2)), Side::outside);
    EXPECT_EQ(layout.side_of(inside_of(2)), Side::inside);
    EXPECT_EQ(layout.honeypot_port(1), 7U);
    EXPECT_EQ(layout.honeypot_number(7), 1U);
    EXPECT_EQ(layout.side_of(6), Side::honeypot);
    EXPECT_EQ(link_of(inside_of(7)), 7U);
    EXPECT_EQ(partner_of(outside_of(7)), inside_of(7));
    EXPECT_EQ(partner_of(inside_of(0)), outside_of(0));
}

TEST_F(TwoLinks, FramesLeaveByTheOtherPortOfTheirLink) {
    for (LinkIndex link = 0; link < 2; ++link) {
        carry(outside_of(link), to(server));
        EXPECT_EQ(ways(), Ways{inside_of(link)});
        carry(outside_of(link), Frame().arp(arp_request, upstream_mac, "10.1.0.1", "10.1.0.2"));
        EXPECT_EQ(ways(), Ways{inside_of(link)}) << "no IPv4";
        carry(inside_of(link), Frame().ipv4(server, attacker).tcp(22, 40000));
        EXPECT_EQ(ways(), Ways{outside_of(link)});
    }
}

TEST_F(TwoLinks, WhatIsDecidedOneByOneLeavesByItsLinkToo) {
    plane_->addresses().session_added(ip(server).host());
    carry(outside_of(1), to(server));
    EXPECT_EQ(ways(), Ways{inside_of(1)}) << "the address has the mark of sessions";
}

TEST_F(TwoLinks, AReplyLeavesByTheLinkOfTheLatestPacket) {
    begin_session(decoy, 0);
    for (const LinkIndex link : std::initializer_list<LinkIndex>{1, 0, 0, 1}) {
        carry(outside_of(link), to(decoy));
        EXPECT_EQ(ways(), Ways{honeypots});
        carry(honeypots, reply_of(decoy));
        EXPECT_EQ(ways(), Ways{outside_of(link)}) << unsigned{link};
    }
}

TEST_F(TwoLinks, AReplyThatComesFirstLeavesByTheLinkThatTheSessionBeganOn) {
    begin_session(decoy, 1);
    carry(honeypots, reply_of(decoy));
    EXPECT_EQ(ways(), Ways{outside_of(1)});
}

TEST_F(TwoLinks, SoDoesAnAnswerWithoutASession) {
    plane_->modes().handshake = true;
    for (const LinkIndex link : std::initializer_list<LinkIndex>{1, 0, 1}) {
        carry(outside_of(link), Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x02));
        EXPECT_EQ(ways(), Ways{honeypots});
        carry(honeypots, reply_of(decoy));
        EXPECT_EQ(ways(), Ways{outside_of(link)}) << unsigned{link};
    }
}

TEST_F(TwoLinks, SoDoesWhatOpenContainmentSends) {
    plane_->modes().open_containment = true;
    const Frame own = Frame()
                          .between(honeypot_mac, plane_->ports()[honeypots].mac())
                          .ipv4(decoy, attacker)
                          .tcp(5555, 25, 0x02);
    for (const LinkIndex link : std::initializer_list<LinkIndex>{0, 1}) {
        carry(outside_of(link), to(server));
        (void)ways();
        carry(honeypots, own);
        EXPECT_EQ(ways(), Ways{outside_of(link)}) << unsigned{link};
    }
}

TEST_F(TwoLinks, ASightingCountsFromAnyInside) {
    for (LinkIndex link = 0; link < 2; ++link) {
        const LinkIndex other = link == 0 ? 1 : 0;
        const std::string address = fmt::format("10.1.0.{}", 40 + link);
        carry(inside_of(link), Frame().ipv4(address.c_str(), attacker).udp(1, 2));
        (void)ways();
        carry(outside_of(other), to(address.c_str()));
        EXPECT_EQ(ways(), Ways{inside_of(other)}) << "its packets go inside, whatever their link";
    }
}

TEST_F(TwoLinks, APortThatIsGivenUpHarmsNoOther) {
    plane_->give_up(outside_of(0));
    carry(inside_of(0), Frame().ipv4(server, attacker).udp(1, 2));
    EXPECT_TRUE(ways().empty());
    EXPECT_EQ(plane_->dropped_at(outside_of(0)), 1U);
    carry(outside_of(1), to(server));
    EXPECT_EQ(ways(), Ways{inside_of(1)});
    carry(inside_of(1), Frame().ipv4(server, attacker).udp(1, 2));
    EXPECT_EQ(ways(), Ways{outside_of(1)});
}

}  // namespace
}  // namespace honeyswitch::dataplane
