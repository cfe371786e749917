// Work on a thread of its own: what comes of it, and when it has a CPU.
#include "control/process/aside.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

int result_of(Aside<int>& aside) {
    std::optional<int> result;
    while (!result) result = aside.take();
    return *result;
}

TEST(Aside, HasItsResultOnce) {
    Aside<int> aside;
    EXPECT_FALSE(aside.take());
    aside.start([] { return 7; });
    EXPECT_TRUE(aside.running());
    EXPECT_EQ(result_of(aside), 7);
    EXPECT_FALSE(aside.take());
    EXPECT_FALSE(aside.running());
}

TEST(Aside, MayGiveWayToEverybodyElse) {
    Aside<int> aside;
    const auto policy = [] { return sched_getscheduler(0); };
    aside.start(policy, Precedence::idle);
    EXPECT_EQ(result_of(aside), SCHED_IDLE);
    aside.start(policy);
    EXPECT_EQ(result_of(aside), policy()) << "as whoever starts it";
    EXPECT_EQ(policy(), SCHED_OTHER);
}

}  // namespace
}  // namespace honeyswitch::control
