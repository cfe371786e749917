// A mirror beside a link, one worker, and the tables of both: given these frames by these ports, expect these
// counters, and that nothing leaves on account of the mirror's.
#include <array>
#include <initializer_list>
#include <vector>

#include "dataplane/stages/packet_in_note.hpp"
#include "tests/unit/fixtures/plane_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint8_t syn = 0x02, syn_ack = 0x12;

class AMirror : public PlaneFixture {
  protected:
    explicit AMirror(unsigned links = 1) : PlaneFixture(links, 1), layout_(links, 1) {}

    [[nodiscard]] PortIndex mirror() const { return layout_.mirror_port(0); }
    [[nodiscard]] PortIndex honeypots() const { return layout_.honeypot_port(0); }

    /// By which ports frames have left since the last look, one entry for each.
    [[nodiscard]] std::vector<PortIndex> ways() {
        std::vector<PortIndex> all;
        for (PortIndex port = 0; port < plane_->ports().size(); ++port)
            all.insert(all.end(), left(port).size(), port);
        return all;
    }
    /// What the control thread was given, whose frames it is done with.
    [[nodiscard]] std::vector<PacketInNote> packet_ins() {
        std::vector<PacketInNote> notes;
        std::array<rte_mbuf*, ring_size> packets;
        const unsigned count = plane_->workers()[0]->packet_ins().take(packets);
        for (rte_mbuf* const packet : std::span(packets).first(count)) {
            notes.push_back(note_of(packet));
            rte_pktmbuf_free(packet);
        }
        control_dropped_ += count;
        return notes;
    }
    SessionTable::Index begin_session(const char* destination, LinkIndex link) {
        plane_->addresses().session_added(ip(destination).host());
        L2Path path{core_mac, upstream_mac};
        path.link = link;
        return plane_->sessions().add({.key = key_of(destination), .path = path}, 0).value();
    }
    using Ways = std::vector<PortIndex>;

    PortLayout layout_;
};

/// Of a box that has nothing else.
class AMirrorAlone : public AMirror {
  protected:
    AMirrorAlone() : AMirror(0) {}
};

TEST(PortLayout, MirrorsAreBetweenLinksAndHoneypots) {
    constexpr PortLayout layout(2, 3);
    EXPECT_EQ(layout.link_ports(), 4U);
    EXPECT_EQ(layout.mirror_port(0), 4U);
    EXPECT_EQ(layout.side_of(inside_of(1)), Side::inside);
    for (const PortIndex port : std::initializer_list<PortIndex>{4, 5, 6})
        EXPECT_EQ(layout.side_of(port), Side::mirror);
    EXPECT_EQ(layout.side_of(7), Side::honeypot);
    EXPECT_EQ(layout.honeypot_port(1), 8U);
    EXPECT_EQ(layout.honeypot_number(8), 1U);
    EXPECT_EQ(layout.mirror_bits(), 0b111'0000U);
    EXPECT_EQ(layout.way_back_of(inside_of(1)), 1U);
    EXPECT_EQ(layout.way_back_of(layout.mirror_port(1)), no_link);
    EXPECT_EQ(PortLayout(2).mirror_bits(), 0U);
    EXPECT_EQ(PortLayout(0, 1).side_of(0), Side::mirror);
}

TEST_F(AMirror, TellsDirectionsByTheCampus) {
    arrive(mirror(),
           {to(server), Frame().ipv4(server, attacker).tcp(22, 40000),
            Frame().ipv4("10.1.0.1", "10.1.0.2").udp(1, 2), Frame().ipv4(attacker, "192.0.2.7").udp(1, 2),
            Frame().arp(arp_request, upstream_mac, "10.1.0.1", "10.1.0.2")});
    turn();
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(counted(Counter::mirror_from_outside), 1U);
    EXPECT_EQ(counted(Counter::mirror_from_inside), 1U);
    EXPECT_EQ(counted(Counter::mirror_passed_over), 3U);
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 1U);
    EXPECT_EQ(counted(Counter::inside_to_outside), 1U);
}

TEST_F(AMirror, IsDecidedAsInObserveMode) {
    begin_session("10.1.0.33", 0);
    arrive(mirror(),
           {to(decoy), to("10.1.0.33"), Frame().ipv4(attacker, "10.1.0.34").tcp(443, 40000, syn_ack)});
    turn();
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(counted(Counter::outside_observed_session), 1U);
    EXPECT_EQ(counted(Counter::outside_observed_backscatter), 1U);
    EXPECT_EQ(counted(Counter::outside_observed_packet_in), 1U);
    EXPECT_EQ(plane_->modes().diverting.load(), Diverting::all) << "the link diverts all the same";
    const auto notes = packet_ins();
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_TRUE(notes[0].copy);
    EXPECT_EQ(notes[0].port, mirror());
    EXPECT_EQ(notes[0].key, key_of(decoy));
}

TEST_F(AMirrorAlone, NeedsNoLink) {
    arrive(mirror(), {to(decoy), Frame().ipv4(server, attacker).tcp(22, 40000)});
    turn();
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(counted(Counter::outside_observed_packet_in), 1U);
    EXPECT_EQ(counted(Counter::mirror_from_inside), 1U);
    EXPECT_EQ(packet_ins().size(), 1U);
}

TEST_F(AMirror, ShowsWhoSpeaksInside) {
    carry(mirror(), Frame().ipv4(decoy, attacker).tcp(22, 40000));
    EXPECT_EQ(counted(Counter::inside_sightings), 1U);
    carry(outside_of(0), to(decoy));
    EXPECT_EQ(ways(), Ways{inside_of(0)}) << "the link knows of it";
}

TEST_F(AMirror, AnAnswerInTheSameBurstFindsItsHostActive) {
    arrive(mirror(),
           {Frame().ipv4(attacker, decoy).tcp(443, 50000), Frame().ipv4(decoy, attacker).tcp(50000, 443)});
    turn();
    EXPECT_EQ(counted(Counter::outside_to_inside_active), 1U);
    EXPECT_EQ(packet_ins().size(), 0U);
}

TEST_F(AMirror, ASessionKeepsTheWayBackThatItsLinkHasShown) {
    const auto session = begin_session(decoy, 0);
    carry(outside_of(0), to(decoy));
    carry(mirror(), to(decoy));
    EXPECT_EQ(ways(), Ways{honeypots()}) << "the link's packet alone";
    EXPECT_EQ(plane_->sessions().at(session).packets_in, 2U);
    carry(honeypots(), reply_of(decoy));
    EXPECT_EQ(ways(), Ways{outside_of(0)});
}

TEST_F(AMirror, SoDoesAFlowWithoutASession) {
    plane_->modes().handshake = true;
    const Frame request = Frame().ipv4(attacker, decoy).tcp(40000, 22, syn);
    carry(outside_of(0), request);
    carry(mirror(), request);
    EXPECT_EQ(ways(), Ways{honeypots()});
    carry(honeypots(), reply_of(decoy));
    EXPECT_EQ(ways(), Ways{outside_of(0)});
}

TEST_F(AMirror, ThereIsNoWayBackOfWhatMirrorsAloneHaveShown) {
    begin_session(decoy, no_link);
    carry(honeypots(), reply_of(decoy));
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(counted(Counter::honeypot_contained_mirror), 1U);
    plane_->modes().handshake = true;
    carry(mirror(), Frame().ipv4(attacker, "10.1.0.33").tcp(40000, 22, syn));
    carry(honeypots(), reply_of("10.1.0.33"));
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(counted(Counter::honeypot_contained_mirror), 2U);
    carry(outside_of(0), to(decoy));
    carry(honeypots(), reply_of(decoy));
    EXPECT_EQ(ways(), (Ways{outside_of(0), honeypots()})) << "by now its link has shown one";
}

TEST_F(AMirror, OpenContainmentTakesNoWayOfIt) {
    plane_->modes().open_containment = true;
    carry(mirror(), to(server));
    carry(honeypots(), Frame()
                           .between(honeypot_mac, plane_->ports()[honeypots()].mac())
                           .ipv4(decoy, attacker)
                           .tcp(5555, 25, syn));
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(counted(Counter::honeypot_contained_no_session), 1U);
}

TEST_F(AMirror, NothingGoesOutOfItWhateverAsksForIt) {
    rte_mbuf* packet = buffer_with(to(decoy).bytes());
    packet->port = mirror();
    ASSERT_EQ(plane_->workers()[0]->packet_outs().give(std::span(&packet, 1)), 1U);
    ++control_made_;
    turn();
    EXPECT_EQ(ways(), Ways{});
    EXPECT_EQ(plane_->dropped_at(mirror()), 1U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
