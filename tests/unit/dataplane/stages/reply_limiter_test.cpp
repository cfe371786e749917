// What the honeypots may send: given these rates and what was sent so far, expect this word on one more
// packet.
#include "dataplane/stages/reply_limiter.hpp"

#include <gtest/gtest.h>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

using Outcome = ReplyLimiter::Outcome;

class ReplyBudgets : public testing::Test {
  protected:
    static ReplyLimiter limiter_for(unsigned workers) {
        start_eal();
        return ReplyLimiter::create(workers).value();
    }
    Modes modes_;
    const Be32 source = Be32::from_host(0xc6336401);
};

TEST_F(ReplyBudgets, HaveNoEndWhereNoRateIsSet) {
    auto limiter = limiter_for(1);
    limiter.begin(modes_, 1000);
    for (int i = 0; i < 10'000; ++i) ASSERT_EQ(limiter.spend(source, 0, 1500), Outcome::passes);
}

TEST_F(ReplyBudgets, SpendsNothingOnWhatDoesNotPass) {
    auto limiter = limiter_for(1);
    modes_.set_reply_rates({.packets_per_source = 2, .packets_per_honeypot = 1});
    limiter.begin(modes_, 1000);
    EXPECT_EQ(limiter.spend(source, 1, 100), Outcome::passes);
    EXPECT_EQ(limiter.spend(source, 1, 100), Outcome::honeypot_exceeded);
    EXPECT_EQ(limiter.spend(source, 2, 100), Outcome::passes);
    EXPECT_EQ(limiter.spend(source, 3, 100), Outcome::source_exceeded);
    EXPECT_EQ(limiter.spend(Be32::from_host(0xcb007109), 3, 100), Outcome::passes)
        << "the third has spent nothing";
    limiter.begin(modes_, 2000);
    EXPECT_EQ(limiter.spend(source, 1, 100), Outcome::passes) << "the next second";
}

TEST_F(ReplyBudgets, SharesARateAmongWorkers) {
    auto limiter = limiter_for(4);
    modes_.set_reply_rates({.bytes_per_honeypot = 4000});
    limiter.begin(modes_, 1000);
    EXPECT_EQ(limiter.spend(source, 0, 1000), Outcome::passes);
    EXPECT_EQ(limiter.spend(source, 0, 1), Outcome::honeypot_exceeded);
}

TEST_F(ReplyBudgets, CountBytesUpToTheLast) {
    auto limiter = limiter_for(1);
    modes_.set_reply_rates({.bytes_per_source = 1000});
    limiter.begin(modes_, 1000);
    EXPECT_EQ(limiter.spend(source, 0, 1001), Outcome::source_exceeded);
    EXPECT_EQ(limiter.spend(source, 0, 600), Outcome::passes);
    EXPECT_EQ(limiter.spend(source, 0, 401), Outcome::source_exceeded);
    EXPECT_EQ(limiter.spend(source, 1, 400), Outcome::passes) << "whichever honeypot sends it";
    EXPECT_EQ(limiter.spend(source, 0, 1), Outcome::source_exceeded);
}

TEST_F(ReplyBudgets, AreOfOneSecondEach) {
    auto limiter = limiter_for(1);
    modes_.set_reply_rates({.packets_per_honeypot = 1});
    for (const std::uint32_t now : {1999U, 2000U, 5000U, ~0U, 0U}) {
        limiter.begin(modes_, now);
        EXPECT_EQ(limiter.spend(source, 7, 1), Outcome::passes) << now;
        EXPECT_EQ(limiter.spend(source, 7, 1), Outcome::honeypot_exceeded) << now;
        EXPECT_EQ(limiter.spend(source, 8, 1), Outcome::passes) << now;
    }
    limiter.begin(modes_, 999);
    EXPECT_EQ(limiter.spend(source, 7, 1), Outcome::honeypot_exceeded) << "the same second";
}

TEST_F(ReplyBudgets, LeaveEachWorkerOnePacketAtLeast) {
    auto limiter = limiter_for(8);
    modes_.set_reply_rates({.packets_per_source = 3});
    limiter.begin(modes_, 1000);
    EXPECT_EQ(limiter.spend(source, 0, 100), Outcome::passes);
    EXPECT_EQ(limiter.spend(source, 0, 100), Outcome::source_exceeded);
}

TEST_F(ReplyBudgets, FollowTheRatesOfTheMoment) {
    auto limiter = limiter_for(1);
    modes_.set_reply_rates({.packets_per_source = 1});
    limiter.begin(modes_, 1000);
    EXPECT_EQ(limiter.spend(source, 0, 100), Outcome::passes);
    modes_.set_reply_rates({.packets_per_source = 2});
    limiter.begin(modes_, 1500);
    EXPECT_EQ(limiter.spend(source, 0, 100), Outcome::passes);
    EXPECT_EQ(limiter.spend(source, 0, 100), Outcome::source_exceeded);
}

}  // namespace
}  // namespace honeyswitch::dataplane
