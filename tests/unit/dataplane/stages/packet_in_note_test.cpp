// What the control thread is told of a packet beside the packet: given these tables and this frame, this
// note.
#include <set>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class PacketInNotes : public SwitchFixture {
  protected:
    PacketInNotes() {
        honeypots_.set(1, {other_mac, 0, 0});
        modes_.several_honeypots = true;
    }
    static L3View l3_of(const Frame::Bytes& bytes) {
        return parse_l3(bytes, static_cast<std::uint32_t>(bytes.size()));
    }
    /// Of a packet that is handed over.
    [[nodiscard]] PacketInNote told(const Outcome& outcome) {
        EXPECT_EQ(outcome.end, End::packet_in);
        const PacketInNote note = latest_note();
        EXPECT_EQ(note.worker, 0U);
        EXPECT_EQ(note.l3().l3_offset, l3_of(outcome.frame).l3_offset);
        if (note.reason != PacketInReason::honeypot_arp) {
            EXPECT_EQ(note.hash, sessions_->hash(note.key));
        }
        return note;
    }
    /// The frame's own key, as whoever parses it finds it.
    static SessionKey parsed(const Frame& frame, From from) {
        const Frame::Bytes bytes = frame.bytes();
        return parse_session(bytes, l3_of(bytes), from).own_key;
    }
    static Frame own_flow() {
        return Frame().between(other_mac, switch_mac).ipv4(decoy, "203.0.113.9").udp(5000, 53);
    }
    void divert(const char* destination) {
        set_classifier({.rules = {{.destinations = {{ip(destination).host(), 32}},
                                   .action = ClassifierRule::Action::divert}},
                        .lists = {{}},
                        .campus = {{ip("10.1.0.0").host(), 16}}});
    }
    static inline const EtherAddress other_mac = mac("02:00:00:00:00:ab");
};

TEST_F(PacketInNotes, NameEachReasonOnce) {
    std::set<std::string_view> names;
    for (const auto& [reason, name] : packet_in_reason_names) {
        EXPECT_EQ(name_of(reason), name);
        names.insert(name);
    }
    EXPECT_EQ(names.size(), packet_in_reason_count);
}

TEST_F(PacketInNotes, OfAPacketForAnInactiveAddress) {
    struct Row {
        const char* name;
        Frame frame;
        unsigned tags;
    };
    const std::vector<Row> rows{{"TCP", to(decoy), 0},
                                {"tagged", to(decoy).vlan(7), 1},
                                {"twice", to(decoy).vlan(7).vlan(8), 2},
                                {"options", Frame().ipv4(attacker, decoy).options(2).udp(1, 53), 0},
                                {"echo", Frame().ipv4(attacker, decoy).icmp(8, 77), 0},
                                {"no ports", Frame().ipv4(attacker, decoy), 0}};
    for (const auto& [name, frame, tags] : rows) {
        const auto note = told(from_outside(frame));
        EXPECT_EQ(note.reason, PacketInReason::inactive_address) << name;
        EXPECT_EQ(note.key, parsed(frame, From::outside)) << name;
        EXPECT_EQ(note.own_key, note.key) << name;
        EXPECT_EQ(note.tag_count, tags) << name;
        EXPECT_EQ(note.port, outside_port) << name;
        EXPECT_FALSE(note.from_honeypot || note.fragment() || note.icmp_error) << name;
    }
}

TEST_F(PacketInNotes, OfAnIcmpErrorHaveTheKeyThatItQuotesAndItsOwn) {
    modes_.divert_backscatter = true;
    const Frame error = Frame().ipv4("203.0.113.1", decoy).icmp_error(3, reply_of(decoy));
    const auto note = told(from_outside(error));
    EXPECT_TRUE(note.icmp_error);
    EXPECT_EQ(note.key, key_of(decoy));
    EXPECT_EQ(note.own_key, parsed(error, From::outside));
    EXPECT_NE(note.own_key, note.key);
}

TEST_F(PacketInNotes, SayWhoDivertsAnActiveAddress) {
    divert(server);
    EXPECT_EQ(told(from_outside(to(server))).reason, PacketInReason::rule);
    EXPECT_EQ(told(from_outside(to(server).fragment(1480, false))).reason, PacketInReason::portless_fragment);
    divert("10.1.0.99");
    ASSERT_TRUE(sources_->set({ip(attacker).host(), 32}, Listing(1)));
    EXPECT_EQ(told(from_outside(to(server))).reason, PacketInReason::list);
    EXPECT_EQ(told(from_outside(to(decoy))).reason, PacketInReason::inactive_address);
}

TEST_F(PacketInNotes, SayWhatASessionsFragmentNeeds) {
    add_session(key_of(decoy));
    const auto first = told(from_outside(to(decoy).fragment(0, true)));
    EXPECT_EQ(first.reason, PacketInReason::missing_companion);
    EXPECT_TRUE(first.first_fragment && first.fragment());
    EXPECT_FALSE(first.following_fragment);
    EXPECT_EQ(first.key, key_of(decoy));
    const auto again = told(from_outside(to(decoy).fragment(0, true)));
    EXPECT_EQ(again.reason, PacketInReason::behind_fragment);
    const auto following = told(from_outside(to(decoy).fragment(1480, false)));
    EXPECT_EQ(following.reason, PacketInReason::inactive_address) << "it has no session";
    EXPECT_TRUE(following.following_fragment);
    EXPECT_EQ(following.key, companion_of(key_of(decoy)));
}

TEST_F(PacketInNotes, OfAHoneypotSayWhoseItIs) {
    modes_.limited_containment = true;
    const auto own = told(from_honeypot(own_flow()));
    EXPECT_EQ(own.reason, PacketInReason::honeypot_flow);
    EXPECT_EQ(own.key, parsed(own_flow(), From::honeypot));
    EXPECT_EQ(own.honeypot, 1U);
    EXPECT_TRUE(own.from_honeypot);
    const auto later = told(from_honeypot(own_flow().fragment(1480, false)));
    EXPECT_EQ(later.reason, PacketInReason::portless_fragment);
    EXPECT_EQ(later.honeypot, 1U);
    add_session(key_of(decoy));
    const auto reply = told(from_honeypot(reply_of(decoy).vlan(0).fragment(0, true)));
    EXPECT_EQ(reply.reason, PacketInReason::missing_companion);
    EXPECT_EQ(reply.key, key_of(decoy));
    EXPECT_EQ(reply.honeypot, 0U);
    EXPECT_EQ(reply.tag_count, 1U);
}

TEST_F(PacketInNotes, OfWhatHoneypotsAreHeardBy) {
    const auto arp = told(from_honeypot(Frame().arp(arp_reply, honeypot_mac, decoy, "10.1.0.1").vlan(5)));
    EXPECT_EQ(arp.reason, PacketInReason::honeypot_arp);
    EXPECT_TRUE(arp.from_honeypot);
    EXPECT_EQ(arp.tag_count, 1U);
    const auto probe = told(from_honeypot(
        Frame().between(honeypot_mac, switch_mac).ipv4(decoy, "192.0.2.1").tcp(22, 50000, 0x12)));
    EXPECT_EQ(probe.reason, PacketInReason::probe_answered);
    EXPECT_TRUE(probe.from_honeypot);
}

}  // namespace
}  // namespace honeyswitch::dataplane
