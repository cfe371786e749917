// What flows are remembered, and when the clock of 32 bits comes round.
#include "dataplane/tables/flow_cache.hpp"

#include <array>
#include <atomic>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "dataplane/eal/switch_clock.hpp"
#include "dataplane/tables/own_flows.hpp"
#include "dataplane/tables/pending_table.hpp"
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

TEST(FlowCache, FlowsOfABucketAreToldApartWithAllTheirBits) {
    start_eal();
    auto cache = FlowCache::create("flows", 8, lifetime_ms).value();
    constexpr std::uint32_t most = (1U << FlowCache::value_bits) - 1;
    for (std::uint64_t i = 0; i < 8; ++i)
        cache.note(i << 32 | 5, 1'000, [&](auto) { return most - static_cast<std::uint32_t>(i); });
    for (std::uint64_t i = 0; i < 8; ++i) EXPECT_EQ(cache.find(i << 32 | 9, 1'000), most - i) << i;
    cache.note(3ULL << 32, 2'000, [&](auto old) {
        EXPECT_EQ(old, most - 3);
        return 0U;
    });
    EXPECT_EQ(cache.find(3ULL << 32, 2'000), 0U) << "no value is a value too";
    EXPECT_EQ(cache.find(4ULL << 32, 2'000), most - 4);
}

/// A flow's value says which flow it is of: a worker that meets another's has read two halves.
TEST(FlowCache, WorkersThatWriteTheSameBucketNeverMixFlows) {
    start_eal();
    auto cache = FlowCache::create("flows", 8, lifetime_ms).value();
    std::atomic<unsigned> wrong = 0;
    const auto work = [&](unsigned seed) {
        std::minstd_rand random(seed);
        for (std::uint32_t i = 0; i < 200'000; ++i) {
            const std::uint64_t number = 1 + random() % 12;  // more than there is room for
            const auto value = static_cast<std::uint32_t>(number * 1'000);
            if (random() % 2 == 0)
                cache.note(number << 32, 1'000 + i / 64, [&](auto old) {
                    if (old && *old != value) ++wrong;
                    return value;
                });
            else if (const auto found = cache.find(number << 32, 1'000 + i / 64); found && *found != value)
                ++wrong;
            if (i % 128 == 0 && seed == 1) cache.forget_old(1'000 + i / 64);
        }
    };
    std::thread other(work, 2);
    work(1);
    other.join();
    EXPECT_EQ(wrong, 0U);
}

constexpr std::uint64_t wrap_ms = std::uint64_t{256} << 15;  // 15 bits of units of 256 ms

/// Calls `turn(now)` as often as a quiet control thread does.
template <typename Turn>
void pass(std::uint64_t begin, std::uint64_t end, Turn turn) {
    for (std::uint64_t now = begin; now < end; now += 500) turn(now);
}

TEST(FlowCache, WhatIsForgottenDoesNotComeBackWhenItsTimeComesRound) {
    start_eal();
    constexpr std::uint32_t flows = 8'192;
    for (const std::uint32_t lifetime : {lifetime_ms, FlowCache::longest_lifetime_ms}) {
        auto cache = FlowCache::create("flows", 4 * flows, lifetime).value();
        const auto hash = [](std::uint64_t number) {
            return (number + 1) << 32 | static_cast<std::uint32_t>(number * 2'654'435'761);
        };
        for (std::uint64_t i = 0; i < flows; ++i) cache.note(hash(i), 1'000, [](auto) { return 1U; });
        pass(1'000, wrap_ms, [&](std::uint64_t now) { cache.forget_old(now); });
        for (std::uint64_t later = 0; later <= lifetime + 1'000; later += lifetime / 4) {
            const std::uint64_t now = wrap_ms + 1'000 + later;
            // Somebody else's, so that the cache as a whole is not idle.
            cache.note(flow, static_cast<std::uint32_t>(now), [](auto) { return 2U; });
            std::uint64_t back = 0;
            for (std::uint64_t i = 0; i < flows; ++i)
                back += cache.find(hash(i), static_cast<std::uint32_t>(now)) ? 1U : 0U;
            EXPECT_EQ(back, 0U) << later << " ms after it came round, lifetime " << lifetime;
        }
    }
}

TEST(FlowCache, WhatIsInUseStaysHoweverOftenItsTimeComesRound) {
    start_eal();
    auto cache = FlowCache::create("flows", 64, lifetime_ms).value();
    cache.note(flow, 1'000, [](auto) { return 5U; });
    std::uint64_t noted = 1'000;
    pass(1'000, 3 * wrap_ms, [&](std::uint64_t now) {
        cache.forget_old(now);
        ASSERT_EQ(cache.find(flow, static_cast<std::uint32_t>(now)), 5U) << now;
        if (now - noted < lifetime_ms - 1'000) return;
        ASSERT_TRUE(cache.note(flow, static_cast<std::uint32_t>(now), [](auto old) { return *old; }));
        noted = now;
    });
}

TEST(FlowCache, ASweepThatWasHeldUpLeavesNothingBehind) {
    start_eal();
    auto cache = FlowCache::create("flows", 4'096, lifetime_ms).value();
    cache.forget_old(1'000);
    cache.note(flow, 1'000, [](auto) { return 5U; });
    pass(3'600'000, 3'605'000, [&](std::uint64_t now) { cache.forget_old(now); });
    const auto at = static_cast<std::uint32_t>(wrap_ms + 2'000);
    cache.note(~flow, at, [](auto) { return 1U; });
    EXPECT_FALSE(cache.find(flow, at));
}

TEST(OwnFlows, AndPendingOnesAreSweptToo) {
    start_eal();
    const auto own = OwnFlows::create().value();
    const auto pending = PendingTable::create(64).value();
    PathNumber latest = 0;
    const std::array<std::uint8_t, 14> frame{};
    const auto divert = [&](std::uint64_t hash, std::uint64_t now) {
        return pending->diverted(hash, 3, frame.data(), 0, 0, latest, static_cast<std::uint32_t>(now),
                                 [](HoneypotIndex) { return true; });
    };
    own->sent(flow, 1'000);
    EXPECT_TRUE(divert(flow, 1'000).is_new);
    EXPECT_FALSE(divert(flow, 2'000).is_new);
    pass(1'000, wrap_ms, [&](std::uint64_t now) {
        own->forget_old(now);
        pending->forget_old(now);
    });
    const auto at = static_cast<std::uint32_t>(wrap_ms + 2'000);
    own->sent(~flow, at);
    (void)divert(~flow, at);
    EXPECT_FALSE(own->has(flow, at));
    EXPECT_FALSE(pending->find(flow, at));
    EXPECT_TRUE(divert(flow, at).is_new);
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
