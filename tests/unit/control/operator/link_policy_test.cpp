#include "control/operator/link_policy.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using Actions = std::vector<std::string>;

/// Two links; what is done to their ports is done at once, and a port that is let up has its link again if
/// its cable is whole.
class Links {
  public:
    explicit Links(LinkMode mode) : policy_(mode, Milliseconds{1000}, {{"a", {0, 1}}, {"b", {2, 3}}}) {}

    /// So many tenths of a second pass.
    Actions pass(int tenths) {
        Actions done;
        for (int i = 0; i < tenths; ++i) {
            now_ += Milliseconds{100};
            std::vector<bool> up(whole.size());
            for (std::size_t port = 0; port < up.size(); ++port) up[port] = whole.at(port) && !down_.at(port);
            apply(policy_.look(up, now_), done);
        }
        return done;
    }
    Actions let_up(std::string_view name = "") {
        Actions done;
        const auto actions = policy_.let_up(name, now_);
        if (!actions) return {"no such link"};
        apply(*actions, done);
        return done;
    }
    void give_up(std::size_t port) {
        policy_.give_up(port);
        whole.at(port) = false;
    }
    [[nodiscard]] const LinkPolicy& policy() const { return policy_; }
    [[nodiscard]] bool down(std::size_t port) const { return down_.at(port); }

    std::array<bool, 4> whole{true, true, true, true};  ///< the cables at the ports

  private:
    void apply(const std::vector<LinkAction>& actions, Actions& done) {
        for (const LinkAction& action : actions) {
            down_.at(action.port) = !action.up;
            done.push_back(std::to_string(action.port) + (action.up ? " up" : " down") + " by " +
                           std::to_string(action.partner));
        }
    }
    LinkPolicy policy_;
    std::array<bool, 4> down_{};
    TimePoint now_{Milliseconds{50'000}};
};

TEST(LinkPolicy, OfAHubDoesNothing) {
    Links links(LinkMode::hub);
    (void)links.pass(20);
    links.whole[0] = false;
    EXPECT_EQ(links.pass(100), Actions());
    EXPECT_FALSE(links.policy().explains(1));
}

TEST(LinkPolicy, OfAWireFollowsDownAndUpOnEachSide) {
    for (const std::size_t lost : {0U, 1U}) {
        const std::string partner = std::to_string(1 - lost), by = " by " + std::to_string(lost);
        Links links(LinkMode::wire);
        EXPECT_EQ(links.pass(20), Actions());
        links.whole.at(lost) = false;
        EXPECT_EQ(links.pass(10), Actions()) << "it has to last";
        EXPECT_EQ(links.pass(1), Actions{partner + " down" + by});
        EXPECT_TRUE(links.policy().holds(1 - lost));
        EXPECT_EQ(links.pass(600), Actions());
        links.whole.at(lost) = true;
        EXPECT_EQ(links.pass(11), Actions{partner + " up" + by});
        EXPECT_FALSE(links.policy().holds(1 - lost));
        EXPECT_EQ(links.pass(600), Actions()) << "all is as before";
        EXPECT_EQ(links.policy().times_taken_down(), 1U);
    }
}

TEST(LinkPolicy, APortThatWasNeverThereCountsAsLost) {
    for (const LinkMode mode : {LinkMode::wire, LinkMode::breaker}) {
        Links links(mode);
        links.give_up(1);
        EXPECT_EQ(links.pass(20), Actions{"0 down by 1"});
        EXPECT_TRUE(links.policy().has_given_up(1));
        EXPECT_EQ(links.let_up("a"), Actions{"0 up by 1"});
        EXPECT_EQ(links.pass(20), Actions{"0 down by 1"}) << "it is as gone as before";
        EXPECT_EQ(links.pass(600), Actions());
    }
}

TEST(LinkPolicy, APortThatIsHeldAndGivenUpTakesItsPartnerDownOnceThatIsBack) {
    Links links(LinkMode::wire);
    (void)links.pass(20);
    links.whole[0] = false;
    EXPECT_EQ(links.pass(20), Actions{"1 down by 0"});
    links.give_up(1);
    links.whole[0] = true;
    EXPECT_EQ(links.pass(40), (Actions{"1 up by 0", "0 down by 1"}));
}

TEST(LinkPolicy, OfABreakerStaysUntilAnOperatorSaysSo) {
    Links links(LinkMode::breaker);
    (void)links.pass(20);
    links.whole[0] = false;
    EXPECT_EQ(links.pass(20), Actions{"1 down by 0"});
    links.whole[0] = true;
    EXPECT_EQ(links.pass(600), Actions());
    EXPECT_EQ(links.let_up("b"), Actions()) << "nothing of it is held";
    EXPECT_EQ(links.let_up("c"), Actions{"no such link"});
    EXPECT_EQ(links.let_up("a"), Actions{"1 up by 0"});
    EXPECT_EQ(links.pass(600), Actions());
    EXPECT_FALSE(links.policy().explains(1));
}

TEST(LinkPolicy, TakesAPortDownAgainThatIsLetUpWhileItsPartnerHasNoLink) {
    Links links(LinkMode::breaker);
    (void)links.pass(20);
    links.whole[1] = false;
    EXPECT_EQ(links.pass(20), Actions{"0 down by 1"});
    EXPECT_EQ(links.let_up(), Actions{"0 up by 1"});
    EXPECT_EQ(links.pass(20), Actions{"0 down by 1"});
}

TEST(LinkPolicy, LeavesAMomentaryLossAlone) {
    Links links(LinkMode::wire);
    (void)links.pass(20);
    for (int i = 0; i < 50; ++i) {
        links.whole[0] = i % 2 == 0;
        EXPECT_EQ(links.pass(9), Actions());
    }
}

TEST(LinkPolicy, IsOfOneLinkAlone) {
    Links links(LinkMode::wire);
    (void)links.pass(20);
    links.whole[2] = false;
    EXPECT_EQ(links.pass(20), Actions{"3 down by 2"});
    EXPECT_FALSE(links.policy().holds(0) || links.policy().holds(1));
}

TEST(LinkPolicy, LeavesPortsUpWhosePartnerNeverHadALink) {
    Links links(LinkMode::wire);
    links.whole[0] = false;
    EXPECT_EQ(links.pass(600), Actions()) << "as at a start";
    links.whole[0] = true;
    EXPECT_EQ(links.pass(20), Actions());
    links.whole[0] = false;
    EXPECT_EQ(links.pass(20), Actions{"1 down by 0"});
}

TEST(LinkPolicy, DoesNotLockALinkThatLostBothEnds) {
    Links links(LinkMode::wire);
    (void)links.pass(20);
    links.whole[0] = links.whole[1] = false;
    EXPECT_EQ(links.pass(100), Actions()) << "there is nothing to take down";
    links.whole[1] = true;
    EXPECT_EQ(links.pass(1), Actions{"1 down by 0"}) << "its partner is long down";
    links.whole[0] = true;
    EXPECT_EQ(links.pass(20), Actions{"1 up by 0"});
    EXPECT_EQ(links.pass(200), Actions());
}

TEST(LinkPolicy, FollowsAPortThatDoesNotFindItsLinkWhenItIsLetUp) {
    Links links(LinkMode::wire);
    (void)links.pass(20);
    links.whole[0] = false;
    EXPECT_EQ(links.pass(20), Actions{"1 down by 0"});
    links.whole[1] = false;  // nobody can see that
    links.whole[0] = true;
    EXPECT_EQ(links.pass(20), Actions{"1 up by 0"});
    EXPECT_TRUE(links.policy().explains(1));
    EXPECT_EQ(links.pass(80), Actions()) << "it has some seconds to find it";
    EXPECT_EQ(links.pass(50), Actions{"0 down by 1"});
    links.whole[1] = true;
    EXPECT_EQ(links.pass(20), Actions{"0 up by 1"});
    EXPECT_EQ(links.pass(200), Actions());
}

}  // namespace
}  // namespace honeyswitch::control
