// The way to the control thread, alone: given these candidates and this room, expect them handed over or
// refused, with what is noted beside them; and fragments in order.
#include "dataplane/stages/hand_over.hpp"

#include "dataplane/stages/find_sessions.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class WayToControl : public SwitchFixture {
  protected:
    /// Makes these the candidates.
    void come(const std::vector<Frame>& frames) {
        candidates_.clear();
        for (rte_mbuf* const packet : arrived(frames)) candidates_.add(packet, address_state::sessions);
        find_sessions(candidates_, *sessions_, From::outside);
    }
    void drop_all() {
        for (rte_mbuf* const packet : candidates_.packets())
            context_.drop(packet, Counter::outside_dropped_rule);
        transmitter_->flush();
    }
    /// Drops what is refused, and tells what it was.
    std::vector<HandOver::Refused> finish() {
        std::vector<HandOver::Refused> refused;
        hand_over_.finish([&](const HandOver::Refused& one) {
            refused.push_back(one);
            context_.drop(one.packet, Counter::honeypot_contained_no_room);
        });
        transmitter_->flush();
        return refused;
    }

    StageContext context_ = context();
    Candidates candidates_;
    HandOver hand_over_{context_, candidates_, *packet_ins_};
};

TEST_F(WayToControl, IsTakenInOrder) {
    come({to(decoy), to("10.1.0.33")});
    hand_over_.add(1, Side::honeypot, PacketInReason::inactive_address);
    hand_over_.add(0, Side::inside, PacketInReason::rule);
    EXPECT_TRUE(finish().empty());
    EXPECT_EQ(collect().frame, to("10.1.0.33").bytes());
    EXPECT_EQ(latest_note().reason, PacketInReason::inactive_address);
    EXPECT_EQ(collect().frame, to(decoy).bytes());
    EXPECT_EQ(latest_note().key, key_of(decoy));
    EXPECT_EQ(latest_note().hash, sessions_->hash(key_of(decoy)));
    EXPECT_TRUE(finish().empty()) << "nothing is handed over twice";
}

TEST_F(WayToControl, RefusesWhatItHasNoRoomFor) {
    const std::size_t room = packet_ins_->capacity();
    come(std::vector<Frame>(room + 2, to(decoy)));
    for (std::size_t i = 0; i < room + 2; ++i)
        hand_over_.add(i, i == room ? Side::inside : Side::honeypot, PacketInReason::inactive_address);
    const auto refused = finish();
    ASSERT_EQ(refused.size(), 2U);
    EXPECT_EQ(refused[0].candidate, room);
    EXPECT_EQ(refused[0].packet, candidates_.packet(room));
    EXPECT_EQ(refused[0].otherwise, Side::inside);
    EXPECT_EQ(refused[1].candidate, room + 1);
    EXPECT_EQ(refused[1].otherwise, Side::honeypot);
    EXPECT_EQ(counted(Counter::packet_in_handed_over), room);
}

TEST_F(WayToControl, IsThatOfArpToo) {
    for (unsigned i = 0; i <= packet_ins_->capacity(); ++i)
        hand_over_.add_arp(arrived(Frame().arp(arp_reply, honeypot_mac, decoy, "10.1.0.1")), 0);
    const auto refused = finish();
    ASSERT_EQ(refused.size(), 1U);
    EXPECT_EQ(refused[0].candidate, std::nullopt);
    EXPECT_EQ(refused[0].otherwise, Side::outside);
}

TEST_F(WayToControl, HasAShareForWhatHoneypotsDoOfTheirOwnAccord) {
    for (int burst = 0; burst < 2; ++burst) {
        for (int i = 0; i < 8; ++i) EXPECT_TRUE(hand_over_.has_share_left()) << i;
        EXPECT_FALSE(hand_over_.has_share_left());
        (void)finish();
    }
}

TEST_F(WayToControl, IsTheLongWayOfASessionsFragments) {
    add_session(key_of(decoy));
    come({to(decoy), to(decoy).fragment(0, true), to(decoy).vlan(7)});
    EXPECT_EQ(hand_over_.long_way(0), std::nullopt);
    EXPECT_EQ(hand_over_.long_way(1), PacketInReason::missing_companion);
    EXPECT_EQ(hand_over_.long_way(2), std::nullopt) << "tags make no fragment";
    context_.control_alive = false;
    EXPECT_EQ(hand_over_.long_way(1), std::nullopt) << "nobody is there";
    context_.control_alive = true;
    add_session(companion_of(key_of(decoy)));
    EXPECT_EQ(hand_over_.long_way(1), std::nullopt) << "the others find their way";
    drop_all();
}

TEST_F(WayToControl, KeepsFragmentsInOrder) {
    add_session(key_of(decoy));
    add_session(companion_of(key_of(decoy)));
    const Frame fragment = to(decoy).fragment(1480, false), other = to("10.1.0.33").fragment(1480, false);
    come({fragment});
    EXPECT_FALSE(hand_over_.is_behind(0));
    hand_over_.add(0, Side::honeypot, PacketInReason::portless_fragment);
    (void)finish();

    come({fragment, other, to(decoy)});
    EXPECT_TRUE(hand_over_.is_behind(0));
    EXPECT_EQ(hand_over_.long_way(0), PacketInReason::behind_fragment);
    EXPECT_FALSE(hand_over_.is_behind(1) || hand_over_.is_behind(2));
    hand_over_.set_settled(1);
    EXPECT_FALSE(hand_over_.is_behind(0)) << "it has come back";
    EXPECT_EQ(hand_over_.long_way(0), std::nullopt);
    drop_all();
}

TEST(FragmentOrders, WaitForTheLatestOfTheirAddresses) {
    FragmentOrder order;
    EXPECT_FALSE(order.waits(7));
    order.note(7, 1);
    order.handed_over(3);
    EXPECT_TRUE(order.waits(7));
    EXPECT_FALSE(order.waits(8));
    order.set_settled(1);
    EXPECT_TRUE(order.waits(7)) << "the one before it";
    order.set_settled(2);
    EXPECT_FALSE(order.waits(7));
    order.note(7, 0);
    order.handed_over(1);
    EXPECT_TRUE(order.waits(7)) << "a later one";
    order.set_settled(4);
    EXPECT_FALSE(order.waits(7));
}

}  // namespace
}  // namespace honeyswitch::dataplane
