// What rules and lists say of a burst, alone: given this policy and these packets, expect these notes and
// verdicts.
#include "dataplane/stages/rules.hpp"

#include "dataplane/stages/find_sessions.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

using Verdict = Judgement::Verdict;
constexpr const char* stranger = "203.0.113.9";

class WordOfThePolicy : public SwitchFixture {
  protected:
    ~WordOfThePolicy() override {
        transmitter_->discard(packets_, Counter::outside_dropped_rule);
        transmitter_->flush();
    }
    PolicyNotes noted(const std::vector<Frame>& frames) {
        transmitter_->discard(packets_, Counter::outside_dropped_rule);
        packets_ = arrived(frames);
        context_.classifier = &classifier_.get();
        const OutsideBurst burst(packets_, *addresses_);
        const PolicyNotes notes = rules_.note(burst);
        candidates_.take(burst.packets(), burst.states(), notes, burst.all());
        find_sessions(candidates_, *sessions_, From::outside);
        return notes;
    }
    void rule(ClassifierRule::Action action, const char* destination) {
        set_classifier(
            {.rules = {{.destinations = {{ip(destination).host(), 32}}, .action = action}}, .lists = {{}}});
    }
    [[nodiscard]] static Frame from(const char* source, const char* destination) {
        return Frame().ipv4(source, destination).tcp(40000, 22);
    }

    StageContext context_ = context();
    Rules rules_{context_};
    Candidates candidates_;
    std::vector<rte_mbuf*> packets_;
};

TEST_F(WordOfThePolicy, IsNoneWithoutRulesAndLists) {
    const PolicyNotes notes = noted({to(server), to(decoy)});
    EXPECT_EQ(notes.concerned, 0U);
    EXPECT_EQ(notes.spared, 0U);
    rules_.judge(candidates_);
    EXPECT_EQ(candidates_.judgement(0).verdict, Verdict::none);
}

TEST_F(WordOfThePolicy, IsPossibleOnDestinationsThatARuleDiverts) {
    rule(ClassifierRule::Action::divert, server);
    const PolicyNotes notes = noted({to(server), to(decoy), Frame().type(ether_type::ipv6).payload(40)});
    EXPECT_EQ(notes.concerned, 0b001U);
    EXPECT_EQ(notes.spared, 0U) << "it lets nothing in";
    rules_.judge(candidates_);
    EXPECT_EQ(candidates_.judgement(0).verdict, Verdict::divert);
    EXPECT_EQ(candidates_.judgement(1).verdict, Verdict::none);
}

TEST_F(WordOfThePolicy, SparesWhatARuleMaySendInside) {
    rule(ClassifierRule::Action::inside, decoy);
    const PolicyNotes notes = noted({to(server), to(decoy)});
    EXPECT_EQ(notes.concerned, 0b10U);
    EXPECT_EQ(notes.spared, 0b10U);
    EXPECT_FALSE(rules_.may_send_inside(candidates_, 0));
    EXPECT_TRUE(rules_.may_send_inside(candidates_, 1));
}

TEST_F(WordOfThePolicy, IsPossibleOnListedSourcesWhereverTheyGo) {
    set_classifier({.lists = {{}}});
    ASSERT_TRUE(sources_->set({ip(stranger).host(), 32}, Listing().with_lists(1)));
    const PolicyNotes notes = noted({to(server), from(stranger, server), from(stranger, decoy)});
    EXPECT_EQ(notes.concerned, 0b110U);
    EXPECT_EQ(notes.spared, 0b110U);
    rules_.judge(candidates_);
    EXPECT_EQ(candidates_.judgement(0).verdict, Verdict::none);
    EXPECT_EQ(candidates_.judgement(1).verdict, Verdict::divert);
    EXPECT_TRUE(rules_.may_send_inside(candidates_, 2));
    EXPECT_FALSE(rules_.may_send_inside(candidates_, 0));
}

TEST_F(WordOfThePolicy, IsAskedForWhereItMayMatter) {
    rule(ClassifierRule::Action::drop, decoy);
    add_session(key_of(decoy));
    (void)noted({to(decoy), to(decoy).vlan(7), Frame().ipv4(attacker, decoy).tcp(1, 22)});
    candidates_.set_shed(0b010);
    rules_.judge(candidates_);
    EXPECT_EQ(candidates_.judgement(0).verdict, Verdict::drop) << "a session that is concerned";
    EXPECT_EQ(candidates_.judgement(1).verdict, Verdict::none) << "it is gone";
    EXPECT_EQ(candidates_.judgement(2).verdict, Verdict::drop);
    set_classifier({});
    (void)noted({to(decoy)});
    rules_.judge(candidates_);
    EXPECT_EQ(candidates_.judgement(0).verdict, Verdict::none) << "no word of the policy before";
}

TEST_F(WordOfThePolicy, IsNotAskedForWhatAnActiveHostHasBegunItself) {
    set_classifier({.rules = {{.action = ClassifierRule::Action::divert}}, .lists = {{}}});
    own_flows_->sent(sessions_->hash(key_of(server)), 0);
    own_flows_->sent(sessions_->hash(key_of(decoy)), 0);
    (void)noted({to(server), to(decoy), Frame().ipv4(stranger, server).tcp(1, 22)});
    rules_.judge(candidates_);
    EXPECT_TRUE(candidates_.own_flow(0));
    EXPECT_EQ(candidates_.judgement(0).verdict, Verdict::none);
    EXPECT_FALSE(candidates_.own_flow(1)) << "nobody is there who could have sent";
    EXPECT_EQ(candidates_.judgement(1).verdict, Verdict::divert);
    EXPECT_FALSE(candidates_.own_flow(2));
    EXPECT_EQ(candidates_.judgement(2).verdict, Verdict::divert);
    (void)noted({to(decoy)});
    EXPECT_FALSE(candidates_.own_flow(0)) << "of the burst before";
}

}  // namespace
}  // namespace honeyswitch::dataplane
