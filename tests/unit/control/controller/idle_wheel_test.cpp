// When sessions are looked at, however long the wheel turns and whatever they do meanwhile.
#include "control/controller/idle_wheel.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t capacity = 4'096;
constexpr Milliseconds timeout{10'000};

class IdleWheelTest : public testing::Test {
  protected:
    void insert(std::uint32_t flow) {
        seen_[flow] = now_;
        wheel_.insert(FlowId{flow}, now_);
    }
    /// What a turn of the control thread finds idle; it must be right about each.
    std::vector<std::uint32_t> turn(std::size_t portion = 256) {
        std::vector<FlowId> expired(portion);
        const auto count = wheel_.advance(now_, expired, [&](FlowId flow) {
            ++looks_;
            return seen_.at(static_cast<std::uint32_t>(flow));
        });
        std::vector<std::uint32_t> flows;
        for (const FlowId flow : std::span(expired).first(count)) {
            const auto number = static_cast<std::uint32_t>(flow);
            EXPECT_LE(seen_.at(number) + timeout_, now_) << number << " is not idle yet";
            seen_.erase(number);
            flows.push_back(number);
        }
        return flows;
    }
    /// The longest that any session has been idle for beyond the timeout.
    [[nodiscard]] Milliseconds latest() const {
        Milliseconds longest{0};
        for (const auto& [flow, seen] : seen_) longest = std::max(longest, now_ - seen - timeout_);
        return longest;
    }

    Milliseconds timeout_ = timeout;
    IdleWheel wheel_{capacity, timeout};
    TimePoint now_{};
    std::map<std::uint32_t, TimePoint> seen_;  ///< of each session in the wheel
    std::size_t looks_ = 0;
};

TEST_F(IdleWheelTest, ASessionGoesWhenItWasIdleForTheTimeoutAndSoonAfter) {
    for (int round = 0; round < 300; ++round) {  // the wheel turns many times
        insert(5);
        const auto begun = now_;
        while (turn().empty()) now_ += 10ms;
        EXPECT_GE(now_ - begun, timeout);
        EXPECT_LE(now_ - begun, timeout + timeout / 20);
    }
}

TEST_F(IdleWheelTest, OneThatSpeaksIsLookedAtAboutOnceATimeoutAndStays) {
    insert(5);
    for (int step = 0; step < 100'000; ++step, now_ += 10ms) {
        seen_[5] = now_;
        ASSERT_TRUE(turn().empty());
    }
    EXPECT_LE(looks_, 1'000'000 / static_cast<std::size_t>(timeout.count()) + 2);
    while (turn().empty()) now_ += 10ms;
    EXPECT_LE(now_ - TimePoint{1'000s}, timeout + timeout / 20);
}

TEST_F(IdleWheelTest, ManyThatComeSpeakAndFallSilentEachGoInTheirTime) {
    std::mt19937 random(1);
    std::uint64_t expired = 0;
    for (int step = 0; step < 60'000; ++step, now_ += 5ms) {
        const auto flow = static_cast<std::uint32_t>(random() % capacity);
        if (const auto known = seen_.find(flow); known != seen_.end())
            known->second = now_;
        else
            insert(flow);
        expired += turn().size();
        ASSERT_LE(latest(), timeout / 20) << step;
    }
    EXPECT_GT(expired, 1'000U);
    for (const auto end = now_ + timeout * 2; now_ < end; now_ += 5ms) (void)turn();
    EXPECT_TRUE(seen_.empty());
}

TEST_F(IdleWheelTest, AllThatAreDueAtOnceGoInPortionsAndNoneIsForgotten) {
    for (std::uint32_t flow = 0; flow < capacity; ++flow) insert(flow);
    now_ += 2 * timeout;
    for (std::size_t turns = 0; turns < capacity / 256; ++turns) EXPECT_EQ(turn().size(), 256U);
    EXPECT_TRUE(turn().empty());
    EXPECT_TRUE(seen_.empty());
    EXPECT_EQ(looks_, capacity);
}

TEST_F(IdleWheelTest, OneThatIsToGoInAnyCaseGoesWhenItIsLookedAt) {
    insert(5);
    now_ += timeout / 2;
    seen_[5] = TimePoint::min();
    while (turn().empty()) {
        now_ += 10ms;
        ASSERT_LE(now_, TimePoint{timeout + timeout / 20});
    }
}

TEST_F(IdleWheelTest, AnotherTimeoutHoldsFromTheNextLookOn) {
    for (const auto other : {Milliseconds{timeout / 100}, timeout * 3, timeout * 50}) {
        insert(5);
        wheel_.set_timeout(timeout_ = other);
        const auto begun = now_;
        while (turn().empty()) now_ += 10ms;
        EXPECT_GE(now_ - begun, other);
        // The wheel holds about two of the timeouts that it was made for: who has longer is looked at before.
        EXPECT_LE(now_ - begun, std::max(other, timeout) + timeout / 10);
        insert(6);
        const auto next = now_;
        while (turn().empty()) now_ += 1ms;
        EXPECT_GE(now_ - next, other);
        EXPECT_LE(now_ - next, other + timeout / 10);
        wheel_.set_timeout(timeout_ = timeout);
    }
}

TEST_F(IdleWheelTest, AThreadThatWasHeldUpForHoursFindsAllOfThem) {
    for (std::uint32_t flow = 0; flow < 100; ++flow, now_ += 100ms) insert(flow);
    now_ += 5h;
    EXPECT_EQ(turn().size(), 100U);
    insert(7);
    const auto begun = now_;
    while (turn().empty()) now_ += 10ms;
    EXPECT_LE(now_ - begun, timeout + timeout / 20);
}

}  // namespace
}  // namespace honeyswitch::control
