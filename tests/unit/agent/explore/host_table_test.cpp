// Hosts that vanish, one or thousands at once: who is asked, when, and what becomes of it.
#include "agent/explore/host_table.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;

constexpr unsigned rate = 1'000;
constexpr ProbeOptions options{.count = 3, .interval = 1s, .hold = 2s};

Ipv4Address at(std::uint32_t host) {
    return {0x0a010000 + host};
}
const MacAddress mac{{2, 0, 0, 0, 0, 1}};

class HostTableTest : public testing::Test {
  protected:
    void vanish(std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t host = first; host < first + count; ++host) {
            table_.evidence(at(host), mac, true, now_ - 10s);
            table_.missed(at(host), now_);
        }
    }
    /// A turn of the agent's whenever the table wants one, and not more often.
    void pass(Clock::duration time) {
        const auto end = now_ + time;
        while (table_.due() <= end) {
            now_ = std::max(now_, table_.due());
            std::size_t sent = 0;
            table_.tick(
                now_,
                [&](Ipv4Address address, const MacAddress&) {
                    ++sent;
                    sent_.push_back({now_, address});
                    if (!sends_) return false;
                    note(address);
                    return true;
                },
                [&](Ipv4Address address) { gone_.push_back(address); });
            most_in_a_turn_ = std::max(most_in_a_turn_, sent);
            ASSERT_GT(table_.due(), now_) << "it would turn for ever";
        }
        now_ = end;
    }
    void note(Ipv4Address address) {
        const unsigned times = ++probes_[address];
        ++with_at_least_[times];
        // Nobody is asked again before all have been asked as often.
        if (times > 1) unfair_ += with_at_least_[times - 1] < suspects_ ? 1U : 0U;
    }

    HostTable table_{options, rate};
    Clock::time_point now_{1h};
    std::vector<std::pair<Clock::time_point, Ipv4Address>> sent_;
    std::vector<Ipv4Address> gone_;
    std::map<Ipv4Address, unsigned> probes_;
    std::map<unsigned, std::size_t> with_at_least_;  ///< so many probes: how many hosts
    std::size_t suspects_ = 0, most_in_a_turn_ = 0, unfair_ = 0;
    bool sends_ = true;
};

TEST_F(HostTableTest, OneIsAskedThreeTimesAndIsGone) {
    vanish(1, 1);
    pass(2'900ms);
    EXPECT_EQ(sent_.size(), 3U);
    EXPECT_TRUE(gone_.empty()) << "the third may still be answered";
    pass(200ms);
    EXPECT_EQ(gone_, std::vector{at(1)});
    EXPECT_EQ(table_.find(at(1)), nullptr);
    EXPECT_EQ(table_.due(), Clock::time_point::max());
}

TEST_F(HostTableTest, ThousandsAreAskedAtTheRateInTurnAndNobodyIsForgotten) {
    suspects_ = 5'000;
    vanish(1, 5'000);
    const auto began = now_;
    pass(16s);
    EXPECT_EQ(gone_.size(), 5'000U);
    EXPECT_EQ(probes_.size(), 5'000U);
    for (const auto& [address, times] : probes_) ASSERT_EQ(times, 3U) << to_string(address);
    EXPECT_EQ(unfair_, 0U);
    EXPECT_LE(most_in_a_turn_, 6U) << "5 ms of the rate are caught up at once";
    for (const auto second : {1s, 5s, 14s}) {
        const auto sent =
            std::ranges::count_if(sent_, [&](const auto& probe) { return probe.first < began + second; });
        EXPECT_LE(sent, rate * second.count() + 6);
        EXPECT_GE(sent, rate * second.count() - 1) << "nor is time wasted";
    }
}

TEST_F(HostTableTest, AnAgentThatWasHeldUpCatchesUpNoMoreThanFiveMilliseconds) {
    vanish(1, 1'000);
    pass(10ms);
    now_ += 500ms;
    most_in_a_turn_ = 0;
    pass(100ms);
    EXPECT_LE(most_in_a_turn_, 6U);
}

TEST_F(HostTableTest, WhoAnswersWhileItWaitsIsNotAskedAnyMore) {
    vanish(1, 3'000);
    pass(100ms);
    for (std::uint32_t host = 1; host <= 3'000; host += 2) table_.evidence(at(host), mac, false, now_);
    EXPECT_EQ(table_.suspects(), 1'500U);
    sent_.clear();
    pass(20s);
    EXPECT_TRUE(std::ranges::none_of(sent_, [](const auto& probe) { return probe.second.value % 2 == 1; }));
    EXPECT_EQ(gone_.size(), 1'500U);
    EXPECT_EQ(table_.hosts().size(), 1'500U);
}

TEST_F(HostTableTest, WhatCouldNotBeSentIsNoQuestion) {
    sends_ = false;
    vanish(1, 2'000);
    pass(20s);
    EXPECT_TRUE(gone_.empty());
    EXPECT_LE(sent_.size(), 20U * rate + 6) << "nor is it tried at any greater rate";
    sends_ = true;
    pass(20s);
    EXPECT_EQ(gone_.size(), 2'000U);
}

}  // namespace
}  // namespace honeyswitch::agent
