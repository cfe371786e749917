#include "control/compose/numbers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;
using Given = std::vector<std::uint8_t>;

constexpr TimePoint start{1'000'000ms};

Config config_of(const std::vector<std::string>& honeypots,
                 const std::vector<std::string>& pools = {"default"},
                 const std::vector<std::string>& lists = {}) {
    Config config;
    for (const auto& name : honeypots) config.honeypots.emplace_back().name = name;
    for (const auto& name : pools) config.pools.push_back({.name = name});
    for (const auto& name : lists) config.lists.emplace_back().name = name;
    return config;
}

struct NumbersTest : testing::Test {
    Numbers reload(const Config& config) {
        const auto given = numbers.numbers_for(config);
        EXPECT_TRUE(given) << given.error().front();
        numbers.adopt(config, given.value(), start);
        return *given;
    }
    void look() {
        numbers.free_unused(
            the_switch, [&](std::uint8_t, TimePoint) { return sessions; },
            [&](std::uint8_t, TimePoint) { return entries; });
    }
    /// All that nothing refers to is free.
    void settle() {
        look();
        the_switch.reached = the_switch.requested;
        look();
    }

    FakeSwitch the_switch;
    ConfigNumbers numbers;
    bool sessions = false, entries = false;  ///< there are still some of what has left
};

TEST_F(NumbersTest, ANameKeepsItsNumberWhateverItsPlace) {
    EXPECT_EQ(reload(config_of({"a", "b", "c"}, {"low", "high"}, {"x", "y"})),
              (Numbers{.honeypots = {0, 1, 2}, .pools = {0, 1}, .lists = {0, 1}}));
    EXPECT_EQ(reload(config_of({"c", "new", "a", "b"}, {"low", "mid", "high"}, {"y", "z", "x"})),
              (Numbers{.honeypots = {2, 3, 0, 1}, .pools = {0, 2, 1}, .lists = {1, 2, 0}}));
    EXPECT_EQ(numbers.honeypot(HoneypotId{3}), "new");
    EXPECT_EQ(numbers.pool(PoolId{2}), "mid");
}

TEST_F(NumbersTest, TheFirstPoolIsNumber0) {
    (void)reload(config_of({"a"}, {"low", "high"}));
    EXPECT_EQ(reload(config_of({"a"}, {"high", "low"})).pools, (Given{0, 2}));
    EXPECT_EQ(numbers.pool(PoolId{0}), "high");
}

TEST_F(NumbersTest, ANumberIsNobodyElsesWhileAnythingRefersToIt) {
    (void)reload(config_of({"a", "b"}));
    sessions = true;
    EXPECT_EQ(reload(config_of({"b", "c"})).honeypots, (Given{1, 2}));
    EXPECT_EQ(numbers.honeypot(HoneypotId{0}), "a") << "its sessions are still shown by its name";
    settle();
    EXPECT_EQ(reload(config_of({"b", "c", "d"})).honeypots, (Given{1, 2, 3}));
    sessions = false;
    look();
    EXPECT_EQ(numbers.numbers_for(config_of({"b", "c", "d", "e"}))->honeypots, (Given{1, 2, 3, 4}))
        << "a worker may still be reading what referred to it";
    settle();
    EXPECT_EQ(reload(config_of({"b", "c", "d", "e"})).honeypots, (Given{1, 2, 3, 0}));
    EXPECT_EQ(numbers.honeypot(HoneypotId{0}), "e");
    EXPECT_EQ(numbers.honeypot(HoneypotId{255}), "") << "nobody's";
}

TEST_F(NumbersTest, AHoneypotThatComesBackHasItsSessionsAgainAListBeginsAnew) {
    (void)reload(config_of({"a", "b"}, {"default"}, {"x", "y"}));
    sessions = entries = true;
    (void)reload(config_of({"b"}, {"default"}, {"y"}));
    const auto back = reload(config_of({"b", "a"}, {"default"}, {"y", "x"}));
    EXPECT_EQ(back.honeypots, (Given{1, 0}));
    EXPECT_EQ(back.lists, (Given{1, 2}));
}

TEST_F(NumbersTest, ACopyTellsWhatWouldBeAndChangesNothing) {
    (void)reload(config_of({"a"}));
    const ConfigNumbers copy = numbers;
    EXPECT_EQ(copy.numbers_for(config_of({"b", "a"}))->honeypots, (Given{1, 0}));
    EXPECT_EQ(numbers.honeypot(HoneypotId{1}), "");
}

std::vector<std::string> many(const char* kind, std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("{}{}", kind, i));
    return names;
}

TEST_F(NumbersTest, TheLimitsHoldForWhatIsNotFreeYetToo) {
    (void)reload(
        config_of(many("pot", limits::honeypots), many("pool", limits::pools), many("list", limits::lists)));
    sessions = entries = true;
    (void)reload(config_of({"pot0"}, {"pool0"}, {"list0"}));
    look();
    const auto full = numbers.numbers_for(
        config_of(many("new", limits::honeypots), many("other", limits::pools), many("l", limits::lists)));
    ASSERT_FALSE(full);
    ASSERT_EQ(full.error().size(), 3U) << "each kind has its sentence";
    EXPECT_EQ(full.error()[1],
              "[[honeypot]] 'new0': there can be 255, and 254 that were taken out are not done with yet, as "
              "their last flows are not over (pot1, pot2, pot3, …): reload again in a minute");
    EXPECT_TRUE(full.error()[0].starts_with("[[pool]] 'other1': ")) << full.error()[0];
    EXPECT_TRUE(full.error()[2].starts_with("[[list]] 'l0': ")) << full.error()[2];
    sessions = entries = false;
    settle();
    EXPECT_TRUE(numbers.numbers_for(
        config_of(many("new", limits::honeypots - 1), many("other", limits::pools - 1), many("l", 47))));
}

}  // namespace
}  // namespace honeyswitch::control
