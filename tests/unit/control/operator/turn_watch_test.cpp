#include "control/operator/turn_watch.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

constexpr Milliseconds timeout{1'000};

TimePoint at(int milliseconds) {
    return TimePoint{Milliseconds{milliseconds}};
}

TEST(TurnWatch, TurnsThatFollowEachOtherAreNoNews) {
    TurnWatch turns;
    EXPECT_FALSE(turns.look(at(50'000), timeout)) << "the first one follows none";
    EXPECT_FALSE(turns.look(at(50'001), timeout));
    EXPECT_FALSE(turns.look(at(51'001), timeout));
}

TEST(TurnWatch, TellsHowLongTheWorkersFailedOpen) {
    TurnWatch turns;
    (void)turns.look(at(1'000), timeout);
    EXPECT_EQ(
        turns.look(at(7'500), timeout).value(),
        "the control thread was held up for 6500ms: all traffic went inside for the last 5500ms of it, as "
        "nothing is diverted after 1s without a heartbeat (heartbeat_timeout); from now on it is diverted "
        "again");
    EXPECT_FALSE(turns.look(at(7'600), timeout)) << "it is told once";
}

}  // namespace
}  // namespace honeyswitch::control
