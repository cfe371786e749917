// Extents, flow caches, listed sources and the table of honeypots, each by itself.
#include <array>

#include <gtest/gtest.h>

#include "dataplane/tables/extent_allocator.hpp"
#include "dataplane/tables/flow_cache.hpp"
#include "dataplane/tables/honeypot_table.hpp"
#include "dataplane/tables/source_table.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

TEST(ExtentAllocator, JoinsWhatIsGivenBack) {
    ExtentAllocator extents(1, 100);
    EXPECT_EQ(extents.take(40), 1U);
    EXPECT_EQ(extents.take(40), 41U);
    EXPECT_EQ(extents.take(21), std::nullopt);
    EXPECT_EQ(extents.take(20), 81U);
    extents.give_back(1, 40);
    extents.give_back(81, 20);
    EXPECT_EQ(extents.take(41), std::nullopt) << "they do not touch";
    extents.give_back(41, 40);
    EXPECT_EQ(extents.take(100), 1U);
    EXPECT_EQ(extents.take(1), std::nullopt);
}

TEST(FlowCache, ForgetsAfterALifetime) {
    start_eal();
    auto cache = FlowCache::create("flows of a test", 64, 10'000).value();
    const auto put = [&](std::uint64_t hash, std::uint32_t now, std::uint32_t value) {
        return cache.note(hash, now, [&](std::optional<std::uint32_t>) { return value; });
    };
    constexpr std::uint64_t flow = 0x1234'5678'0000'0003;
    EXPECT_FALSE(put(flow, 1000, 7));
    EXPECT_EQ(cache.find(flow, 5000), 7U);
    EXPECT_EQ(cache.find(flow ^ 1ULL << 40, 5000), std::nullopt);
    EXPECT_TRUE(put(flow, 9000, 8));
    EXPECT_EQ(cache.find(flow, 18'000), 8U);
    EXPECT_EQ(cache.find(flow, 20'000), std::nullopt);
}

TEST(FlowCache, ForgetsTheOldestOfABucket) {
    start_eal();
    auto cache = FlowCache::create("flows of one bucket", 8, 100'000).value();
    const auto flow = [](std::uint64_t number) { return (number + 1) << 32; };
    for (std::uint64_t i = 0; i < 9; ++i)
        cache.note(flow(i), static_cast<std::uint32_t>(1000 * (i + 1)), [](auto) { return 1U; });
    EXPECT_EQ(cache.find(flow(0), 10'000), std::nullopt);
    for (std::uint64_t i = 1; i < 9; ++i) EXPECT_EQ(cache.find(flow(i), 10'000), 1U);
}

TEST(SourceTable, FindsTheListsOfEveryPrefixAroundASource) {
    start_eal();
    auto quiescence = Quiescence::create(1).value();
    const auto table = SourceTable::create(4, quiescence).value();
    const auto source = [](const char* text) { return ip(text).host(); };
    const Prefix wide{source("198.51.100.0"), 24}, narrow{source("198.51.100.7"), 32};
    EXPECT_TRUE(table->lists_none());
    EXPECT_TRUE(table->set(wide, Listing().with_lists(1)));
    EXPECT_TRUE(table->set(narrow, Listing().with_lists(2)));
    EXPECT_FALSE(table->lists_none());
    EXPECT_EQ(table->find(source("198.51.100.7")).lists(), 3U);
    EXPECT_EQ(table->find(source("198.51.100.8")).lists(), 1U);
    EXPECT_TRUE(table->may_list(source("198.51.100.200")));
    EXPECT_FALSE(table->may_list(source("198.51.101.1")));
    EXPECT_TRUE(table->set(wide, Listing()));
    EXPECT_EQ(table->find(source("198.51.100.7")).lists(), 2U);
    EXPECT_TRUE(table->set(narrow, Listing()));
    EXPECT_TRUE(table->lists_none() && !table->holds_any());
    EXPECT_FALSE(table->may_list(source("198.51.100.7")));
}

TEST(SourceTable, AMovedSourceIsOnNoList) {
    start_eal();
    auto quiescence = Quiescence::create(1).value();
    const auto table = SourceTable::create(2, quiescence).value();
    const std::uint32_t source = ip("198.51.100.7").host();
    EXPECT_TRUE(table->set({source, 32}, table->at({source, 32}).moved(0, 5)));
    EXPECT_TRUE(table->lists_none());
    EXPECT_TRUE(table->holds_any());
    EXPECT_EQ(table->find(source).pool_for(0), 5);
    EXPECT_EQ(table->find(source).pool_for(1), 1);
    EXPECT_TRUE(table->set({source + 1, 32}, Listing().with_lists(1)));
    EXPECT_FALSE(table->set({source + 2, 32}, Listing().with_lists(1))) << "it is full";
    EXPECT_TRUE(table->set({source, 32}, table->at({source, 32}).with_lists(4))) << "it has its place";
}

TEST(HoneypotTable, KnowsWhoseAFrameIs) {
    HoneypotTable table;
    const auto one = mac("02:00:00:00:00:aa"), other = mac("02:00:00:00:00:ab");
    table.set(3, {one, 0, first_honeypot_port});
    table.set(200, {one, 7, first_honeypot_port});
    for (const HoneypotIndex guess : std::array<HoneypotIndex, 4>{0, 3, 200, 255}) {
        EXPECT_EQ(table.holder({one, 0, first_honeypot_port}, guess), 3);
        EXPECT_EQ(table.holder({one, 7, first_honeypot_port}, guess), 200);
        EXPECT_EQ(table.holder({one, 0, first_honeypot_port + 1}, guess), no_honeypot);
        EXPECT_EQ(table.holder({other, 0, first_honeypot_port}, guess), no_honeypot);
    }
    table.unset(3, true);
    EXPECT_EQ(table.holder({one, 0, first_honeypot_port}, 3), no_honeypot);
    EXPECT_TRUE(table.address(3).error().drops);
    EXPECT_FALSE(table.address(4).error().drops);
}

}  // namespace
}  // namespace honeyswitch::dataplane
