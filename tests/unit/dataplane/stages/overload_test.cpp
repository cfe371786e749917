// The limits of a flood, alone: given these limits and this burst, expect so many to be left.
#include "dataplane/stages/overload.hpp"

#include <optional>

#include "dataplane/stages/find_sessions.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint8_t ack = 0x10;

class Limits : public SwitchFixture {
  protected:
    Limits() { overload_.set_limits(2); }
    ~Limits() override {
        transmitter_->discard(rest_, Counter::outside_dropped_rule);
        transmitter_->flush();
    }
    /// Which of the burst are left before anything is looked up.
    BurstMask unseen(const std::vector<Frame>& frames, const PolicyNotes& notes = {}) {
        packets_ = arrived(frames);
        burst_.emplace(packets_, *addresses_);
        const BurstMask left = overload_.shed_unseen(*burst_, notes, burst_->all());
        keep(left);
        candidates_.take(burst_->packets(), burst_->states(), notes, left);
        return left;
    }
    /// And which are left when their sessions are known.
    BurstMask newcomers() {
        find_sessions(candidates_, *sessions_, From::outside);
        overload_.shed_newcomers(candidates_, rules_);
        rest_.clear();
        for_each(candidates_.left(), [this](std::size_t i) { rest_.push_back(candidates_.packet(i)); });
        return candidates_.left();
    }
    void keep(BurstMask left) {
        for_each(left, [this](std::size_t i) { rest_.push_back(packets_[i]); });
    }
    [[nodiscard]] static Frame segment(std::uint16_t port) {
        return Frame().ipv4(attacker, decoy).tcp(port, 22, ack);
    }

    StageContext context_ = context();
    dataplane::Overload overload_{context_};
    Rules rules_{context_};
    std::vector<rte_mbuf*> packets_, rest_;
    std::optional<OutsideBurst> burst_;
    Candidates candidates_;
};

TEST_F(Limits, AreNoneUntilSomebodyWaits) {
    overload_.set_limits(burst_size);
    EXPECT_EQ(unseen({to(decoy), to(decoy), to(decoy)}), 0b111U);
    EXPECT_EQ(newcomers(), 0b111U);
    EXPECT_EQ(overload_.left(), burst_size);
}

TEST_F(Limits, AreAskedOfMoreThanTheyAllowAlone) {
    EXPECT_EQ(unseen({segment(1), segment(2)}), 0b11U);
    EXPECT_EQ(newcomers(), 0b11U);
}

TEST_F(Limits, DropRequestsBeforeTheyAreLookedUp) {
    EXPECT_EQ(unseen({to(decoy), segment(1), to(decoy), to(decoy), to(server), to(decoy)}), 0b01'0111U);
    EXPECT_EQ(counted(Counter::outside_dropped_overload), 2U);
}

TEST_F(Limits, DropOthersWhenTheyTurnOutToHaveNoSession) {
    add_session(key_of(decoy));
    EXPECT_EQ(unseen({segment(1), segment(2), segment(3), segment(40000), segment(4)}), 0b1'1111U);
    EXPECT_EQ(newcomers(), 0b0'1011U);
    EXPECT_TRUE(candidates_.shed(2) && candidates_.shed(4) && !candidates_.shed(3));
    EXPECT_EQ(counted(Counter::outside_dropped_overload), 2U);
}

TEST_F(Limits, OfLookUpsComeLast) {
    add_session(key_of(decoy));
    overload_.set_limits(1, 2);
    EXPECT_EQ(unseen({segment(1), segment(40000), segment(40000), segment(2)}), 0b0011U);
}

TEST_F(Limits, SpareWhatRulesOrListsMayLetIn) {
    EXPECT_EQ(unseen({to(decoy), to(decoy), to(decoy), to(decoy)}, {.concerned = 0b1000, .spared = 0b1000}),
              0b1011U);
    EXPECT_EQ(newcomers(), 0b111U);
}

TEST_F(Limits, SpareWhatCannotBeReadAndWhatAnErrorQuotes) {
    set_classifier(
        {.rules = {{.sources = {{ip(attacker).host(), 32}}, .action = ClassifierRule::Action::inside}}});
    context_.classifier = &classifier_.get();
    const Frame error = Frame().ipv4("192.0.2.7", decoy).icmp_error(11, reply_of(decoy));
    overload_.set_limits(0);
    EXPECT_EQ(unseen({to(decoy).total_length(22), error, Frame().ipv4("192.0.2.7", decoy).udp(1, 2)}),
              0b111U);
    EXPECT_EQ(newcomers(), 0b011U);
}

TEST_F(Limits, DoNotHoldWhileTheLinkFailsOpen) {
    context_.control_alive = false;
    EXPECT_EQ(unseen({to(decoy), to(decoy), to(decoy), to(decoy)}), 0b1111U);
    EXPECT_EQ(newcomers(), 0b1111U);
}

TEST_F(Limits, AreABudgetThatEachBurstHasAnew) {
    for (int repetition = 0; repetition < 2; ++repetition) {
        (void)unseen({segment(1)});
        EXPECT_TRUE(overload_.carries_one_more());
        EXPECT_TRUE(overload_.carries_one_more());
        EXPECT_FALSE(overload_.carries_one_more());
        EXPECT_EQ(overload_.left(), 0U);
    }
}

TEST_F(Limits, FollowFromThePolls) {
    for (int i = 0; i < 100; ++i) overload_.polled(outside_port, burst_size, true);
    (void)unseen({segment(1)});
    EXPECT_EQ(overload_.left(), 1U);
    overload_.polled(first_honeypot_port, burst_size, false);
    (void)unseen({segment(1)});
    EXPECT_EQ(overload_.left(), 1U) << "honeypots say nothing of it";
}

TEST_F(Limits, LetHoneypotsSpeakInOneRoundOf16) {
    EXPECT_FALSE(overload_.honeypots_wait());
    for (int i = 0; i < 100; ++i) overload_.polled(outside_port, burst_size, true);
    for (int round = 1; round <= 48; ++round) EXPECT_EQ(overload_.honeypots_wait(), round % 16 != 0) << round;
    overload_.polled(outside_port, 0, false);
    EXPECT_FALSE(overload_.honeypots_wait());
}

}  // namespace
}  // namespace honeyswitch::dataplane
