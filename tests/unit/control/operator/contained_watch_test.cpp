#include "control/operator/contained_watch.hpp"

#include <array>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

TEST(ContainedWatch, SumsEachCounterOncePerPeriod) {
    ContainedWatch watch;
    TimePoint now{Milliseconds{5'000}};
    std::uint64_t told = 0, times = 0;
    for (std::uint64_t second = 0; second <= 100; ++second, now += Milliseconds{1'000}) {
        const std::array<ContainedWatch::Count, 2> counts{{{"quiet", 3}, {"busy", 7 * second}}};
        for (const auto& sum : watch.look(counts, now)) {
            if (sum.counter == "quiet") {
                EXPECT_EQ(sum.packets, 3U) << "what was contained before the first look";
                continue;
            }
            EXPECT_EQ(sum.counter, "busy");
            EXPECT_EQ(sum.within, ContainedWatch::period);
            told += sum.packets;
            ++times;
        }
    }
    EXPECT_EQ(told, 700U) << "each packet is in one sum";
    EXPECT_EQ(times, 10U);
}

}  // namespace
}  // namespace honeyswitch::control
