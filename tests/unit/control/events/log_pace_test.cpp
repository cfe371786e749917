#include "control/events/log_pace.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

TEST(LogPace, TellsTheFirstOneByOneAndTheRestAsANumber) {
    LogPace pace("sources moved");
    TimePoint now{1h};
    unsigned told = 0;
    for (int i = 0; i < 1'000; ++i) told += pace.admits(now) ? 1 : 0;
    EXPECT_EQ(told, LogPace::most);
    EXPECT_EQ(pace.tick(now + 9s), std::nullopt);
    EXPECT_EQ(pace.tick(now + 10s), "980 more sources moved than are told one by one");
    EXPECT_EQ(pace.tick(now + 30s), std::nullopt) << "once";
    EXPECT_TRUE(pace.admits(now + 30s));
    EXPECT_EQ(pace.tick(now + 60s), std::nullopt);
}

TEST(LogPace, NoneIsLostBetweenPeriods) {
    LogPace pace("sources moved");
    TimePoint now{1h};
    for (unsigned i = 0; i <= LogPace::most; ++i) (void)pace.admits(now);
    EXPECT_FALSE(pace.admits(now + 20s)) << "one of the former period has yet to be told of";
    EXPECT_EQ(pace.tick(now + 20s), "2 more sources moved than are told one by one");
    EXPECT_TRUE(pace.admits(now + 20s));
}

}  // namespace
}  // namespace honeyswitch::control
