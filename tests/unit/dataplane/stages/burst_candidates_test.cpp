// The candidates of a burst: given these frames, expect this of each.
#include "dataplane/stages/burst_candidates.hpp"

#include "dataplane/stages/find_sessions.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class CandidatesOfABurst : public SwitchFixture {
  protected:
    ~CandidatesOfABurst() override {
        for (rte_mbuf* const packet : packets_) context().drop(packet, Counter::outside_dropped_rule);
        transmitter_->flush();
    }
    /// From outside, for addresses of these states. Afterwards each has what the table of sessions knows.
    void come(const std::vector<Frame>& frames, const std::vector<std::uint8_t>& states = {}) {
        packets_ = arrived(frames);
        candidates_.clear();
        for (std::size_t i = 0; i < packets_.size(); ++i)
            candidates_.add(packets_[i], i < states.size() ? states[i] : address_state::sessions);
        find_sessions(candidates_, *sessions_, From::outside);
    }
    std::vector<rte_mbuf*> packets_;
    Candidates candidates_;
};

TEST_F(CandidatesOfABurst, AreThoseThatWereChosenInOrderWithWhatWasNoted) {
    std::array<std::uint8_t, burst_size> states{};
    states[1] = address_state::active;
    states[3] = address_state::sighted;
    packets_ = arrived({to(decoy), to(server), to(decoy), to(decoy), to(server)});
    candidates_.take(packets_, states, {.concerned = 0b1'0010, .spared = 0b0'1000}, 0b1'1010);
    ASSERT_EQ(candidates_.count(), 3U);
    EXPECT_EQ(candidates_.all(), 0b111U);
    EXPECT_EQ(candidates_.packet(0), packets_[1]);
    EXPECT_EQ(candidates_.packet(1), packets_[3]);
    EXPECT_EQ(candidates_.packet(2), packets_[4]);
    EXPECT_TRUE(candidates_.active(0) && candidates_.active(1) && !candidates_.active(2));
    EXPECT_EQ(candidates_.active() & candidates_.all(), 0b011U);
    EXPECT_TRUE(candidates_.concerned(0) && !candidates_.concerned(1) && candidates_.concerned(2));
    EXPECT_EQ(candidates_.spared(), 0b010U);
    EXPECT_EQ(candidates_.left(), 0b111U);
}

TEST_F(CandidatesOfABurst, HoldNothingOfTheBurstBefore) {
    std::array<std::uint8_t, burst_size> states{};
    packets_ = arrived(std::vector<Frame>{to(decoy)});
    candidates_.take(packets_, states, {.concerned = 1, .spared = 1}, 1);
    candidates_.set_shed(1);
    candidates_.take(packets_, states, {}, 1);
    EXPECT_FALSE(candidates_.concerned(0) || candidates_.shed(0));
    EXPECT_EQ(candidates_.spared(), 0U);
    candidates_.clear();
    EXPECT_TRUE(candidates_.empty());
}

TEST_F(CandidatesOfABurst, SayWhatTheyAre) {
    const Frame later = to(decoy).fragment(1480, false);
    come({to(decoy), to(decoy).vlan(7), to(decoy).fragment(0, true), later, to(decoy).total_length(22),
          Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x10).total_length(24).cut_to(38)});
    EXPECT_EQ(candidates_.unusual(), 0b01'1110U);
    EXPECT_TRUE(candidates_.plain(0) && candidates_.plain(5));
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(candidates_.valid(i)) << i;
    EXPECT_FALSE(candidates_.valid(4)) << "its ports are cut off";
    EXPECT_EQ(candidates_.tag_count(0), 0);
    EXPECT_EQ(candidates_.tag_count(1), 1);
    EXPECT_EQ(candidates_.l3(0).l3_offset, 14);
    EXPECT_EQ(candidates_.l3(1).l3_offset, 18);
    EXPECT_TRUE(candidates_.first_fragment(2) && candidates_.is_fragment(2));
    EXPECT_FALSE(candidates_.following_fragment(2));
    EXPECT_TRUE(candidates_.following_fragment(3) && candidates_.is_fragment(3));
    EXPECT_FALSE(candidates_.is_fragment(0) || candidates_.is_fragment(1));
    EXPECT_EQ(candidates_.tcp_flags(0), 0x02);
    EXPECT_EQ(candidates_.tcp_flags(1), 0x02);
    EXPECT_EQ(candidates_.tcp_flags(5), 0) << "they are cut off";
    EXPECT_EQ(candidates_.key(0), key_of(decoy));
    EXPECT_EQ(candidates_.key(3), companion_of(key_of(decoy)));
    EXPECT_EQ(candidates_.hash(1), sessions_->hash(key_of(decoy)));
}

TEST_F(CandidatesOfABurst, OfAnErrorHaveTheKeyThatItQuotesAndTheirOwn) {
    come({Frame().ipv4("192.0.2.1", decoy).icmp_error(11, reply_of(decoy)), to(decoy)});
    EXPECT_EQ(candidates_.key(0), key_of(decoy));
    EXPECT_EQ(candidates_.own_key(0).outside, ip("192.0.2.1"));
    EXPECT_EQ(candidates_.own_key(1), candidates_.key(1));
}

TEST_F(CandidatesOfABurst, FindTheirSessionsWhereverSomeMayBe) {
    const auto index = add_session(key_of(decoy));
    const Session* const session = &sessions_->at(index);
    come({to("10.1.0.33"), to(decoy), to(decoy).vlan(7)});
    EXPECT_EQ(candidates_.session(0), nullptr);
    EXPECT_EQ(candidates_.session(1), session);
    EXPECT_EQ(candidates_.session(2), session);
    for (rte_mbuf* const packet : packets_) context().drop(packet, Counter::outside_dropped_rule);

    come({to(decoy), to(decoy), to(decoy)}, {0, address_state::sessions, address_state::unwatched});
    EXPECT_EQ(candidates_.session(0), nullptr) << "its address has no mark, so nobody looks";
    EXPECT_EQ(candidates_.session(1), session);
    EXPECT_EQ(candidates_.session(2), session) << "no mark is kept there";
    for (rte_mbuf* const packet : packets_) context().drop(packet, Counter::outside_dropped_rule);

    come({to(decoy), to("10.1.0.33")}, {0, 0});
    EXPECT_EQ(candidates_.session(0), nullptr);
    EXPECT_EQ(candidates_.session(1), nullptr);
}

TEST_F(CandidatesOfABurst, AreJudgedAnewEachTime) {
    come({to(decoy)});
    candidates_.set_judgement(0, {.verdict = Judgement::Verdict::drop});
    EXPECT_EQ(candidates_.judgement(0).verdict, Judgement::Verdict::drop);
    candidates_.judge_none();
    EXPECT_EQ(candidates_.judgement(0).verdict, Judgement::Verdict::none);
}

}  // namespace
}  // namespace honeyswitch::dataplane
