// Work on a thread of its own: what comes of it, and when it has a CPU.
#include "control/process/aside.hpp"

#include <algorithm>

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
    const auto nice = [] { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); };
    const int before = nice();
    aside.start(nice, Precedence::low);
    EXPECT_EQ(result_of(aside), std::max(before, 10));
    aside.start(nice);
    EXPECT_EQ(result_of(aside), before) << "as whoever starts it";
    EXPECT_EQ(nice(), before);
}

}  // namespace
}  // namespace honeyswitch::control
