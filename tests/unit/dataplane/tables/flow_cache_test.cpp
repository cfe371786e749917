// What flows are remembered, and when the clock of 32 bits comes round.
#include "dataplane/tables/flow_cache.hpp"

#include <gtest/gtest.h>

#include "dataplane/eal/switch_clock.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint32_t lifetime_ms = 64'000;
constexpr std::uint64_t flow = 0x0123'4567'89ab'cdef;

TEST(FlowCache, RemembersAFlowForItsLifetimeWheneverItBegan) {
    start_eal();
    for (const std::uint32_t began : {1'000U, (1U << 31) - 100, 1U << 31, ~0U - 30'000, ~0U, 0U}) {
        auto cache = FlowCache::create("flows", 64, lifetime_ms).value();
        EXPECT_FALSE(cache.note(flow, began, [](auto) { return 5U; })) << began;
        for (const std::uint32_t later : {0U, 1'000U, 40'000U, 63'000U})
            EXPECT_EQ(cache.find(flow, began + later), 5U) << later << " after " << began;
        EXPECT_FALSE(cache.find(flow, began + lifetime_ms + 1'000)) << began;
    }
}

TEST(Heartbeat, OfAControlThreadThatStaysSilentNeverComesBack) {
    Heartbeat heartbeat;
    heartbeat.beat(5'000);
    EXPECT_FALSE(heartbeat.silent_for(4'999, 1'000)) << "another thread's clock was read a moment later";
    EXPECT_FALSE(heartbeat.silent_for(6'000, 1'000));
    for (const std::uint64_t later :
         {6'001ULL, (1ULL << 31) + 5'000, (1ULL << 31) + 9'000, (1ULL << 32) + 5'000})
        EXPECT_TRUE(heartbeat.silent_for(later, 1'000)) << later;
}

}  // namespace
}  // namespace honeyswitch::dataplane
