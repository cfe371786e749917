#include "control/operator/event_log.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

TEST(EventLog, TellsTheFirstOneByOneAndTheRestAsANumber) {
    EventLog log("sources moved");
    TimePoint now{1h};
    unsigned told = 0;
    for (int i = 0; i < 1'000; ++i) told += log.admits(now) ? 1 : 0;
    EXPECT_EQ(told, EventLog::most);
    EXPECT_EQ(log.tick(now + 9s), std::nullopt);
    EXPECT_EQ(log.tick(now + 10s), "980 more sources moved than are told one by one");
    EXPECT_EQ(log.tick(now + 30s), std::nullopt) << "once";
    EXPECT_TRUE(log.admits(now + 30s));
    EXPECT_EQ(log.tick(now + 60s), std::nullopt);
}

TEST(EventLog, NoneIsLostBetweenPeriods) {
    EventLog log("sources moved");
    TimePoint now{1h};
    for (unsigned i = 0; i <= EventLog::most; ++i) (void)log.admits(now);
    EXPECT_FALSE(log.admits(now + 20s)) << "one of the former period has yet to be told of";
    EXPECT_EQ(log.tick(now + 20s), "2 more sources moved than are told one by one");
    EXPECT_TRUE(log.admits(now + 20s));
}

}  // namespace
}  // namespace honeyswitch::control
