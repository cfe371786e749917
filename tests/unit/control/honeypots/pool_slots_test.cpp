// What a pool's table of slots promises: shares by weight, and no more moved than must be.
#include "control/honeypots/pool_slots.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using Slots = std::array<std::uint8_t, pool_slot_count>;

Slots slots_of(const std::vector<PoolMember>& members) {
    Slots slots{};
    assign_slots(members, slots);
    return slots;
}
double share(const Slots& slots, std::uint8_t honeypot) {
    return static_cast<double>(std::ranges::count(slots, honeypot)) / static_cast<double>(slots.size());
}

/// Members with these weights, and names of their own.
struct Pool {
    explicit Pool(const std::vector<unsigned>& weights) : names(weights.size()), members(weights.size()) {
        for (std::size_t i = 0; i < weights.size(); ++i) {
            names[i] = "honeypot-" + std::to_string(i);
            members[i] = {static_cast<std::uint8_t>(i), names[i], weights[i]};
        }
    }
    std::vector<std::string> names;
    std::vector<PoolMember> members;
};

const std::vector<PoolMember> three = {{0, "cowrie", 1}, {1, "dionaea", 2}, {2, "conpot", 5}};

struct Weights {
    const char* what;
    std::vector<unsigned> weights;
};

class Shares : public testing::TestWithParam<Weights> {};

TEST_P(Shares, AreProportionalToTheWeights) {
    const auto& weights = GetParam().weights;
    const Pool pool(weights);
    const auto& members = pool.members;
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    const Slots slots = slots_of(members);
    for (const PoolMember& member : members)
        EXPECT_NEAR(share(slots, member.honeypot), member.weight / total, 0.025) << member.name;
}

INSTANTIATE_TEST_SUITE_P(All, Shares,
                         testing::Values(Weights{"one", {1}}, Weights{"equal", {1, 1}},
                                         Weights{"four equal", {3, 3, 3, 3}}, Weights{"unequal", {1, 2, 5}},
                                         Weights{"extreme", {1, 100}},
                                         Weights{"sixteen", std::vector<unsigned>(16, 10)}));

TEST(PoolSlots, WithoutMembersEverySlotIsNone) {
    EXPECT_EQ(share(slots_of({}), no_honeypot), 1.0);
}

TEST(PoolSlots, TheLargestPoolUsesEveryMember) {
    const Pool pool(std::vector<unsigned>(no_honeypot, 1));
    const Slots slots = slots_of(pool.members);
    for (const PoolMember& member : pool.members)
        EXPECT_GT(share(slots, member.honeypot), 0.0) << member.name;
}

TEST(PoolSlots, OneThatLeavesMovesItsOwnSlotsAlone) {
    const Slots before = slots_of(three);
    for (std::size_t leaving = 0; leaving < three.size(); ++leaving) {
        auto rest = three;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(leaving));
        const Slots after = slots_of(rest);
        for (std::size_t slot = 0; slot < before.size(); ++slot)
            if (before[slot] == leaving)
                EXPECT_NE(after[slot], leaving);
            else
                EXPECT_EQ(after[slot], before[slot]);
    }
}

TEST(PoolSlots, OneThatComesTakesItsShareAndMovesNothingBetweenTheOthers) {
    const Slots before = slots_of(three);
    auto more = three;
    more.push_back({3, "glutton", 8});
    const Slots after = slots_of(more);
    for (std::size_t slot = 0; slot < before.size(); ++slot)
        EXPECT_TRUE(after[slot] == before[slot] || after[slot] == 3);
    EXPECT_NEAR(share(after, 3), 0.5, 0.025);
    for (const PoolMember& member : three)
        EXPECT_NEAR(share(after, member.honeypot), share(before, member.honeypot) / 2, 0.025) << "from all";
}

TEST(PoolSlots, MoreWeightTakesFromTheOthersAlone) {
    const Slots before = slots_of(three);
    auto heavier = three;
    heavier[1].weight = 8;
    const Slots after = slots_of(heavier);
    for (std::size_t slot = 0; slot < before.size(); ++slot)
        EXPECT_TRUE(after[slot] == before[slot] || after[slot] == 1);
}

TEST(PoolSlots, NumbersAndOrderDecideNothing) {
    const Slots before = slots_of(three);
    const Slots after = slots_of({{9, "conpot", 5}, {7, "cowrie", 1}, {8, "dionaea", 2}});
    constexpr std::array<std::uint8_t, 3> renumbered{7, 8, 9};
    for (std::size_t slot = 0; slot < before.size(); ++slot) EXPECT_EQ(after[slot], renumbered[before[slot]]);
}

TEST(PoolSlots, AreTheSameInEveryVersion) {
    // Another result would move sources to other honeypots when the switch is upgraded. The numbers are those
    // of the formula in Python.
    const Slots slots = slots_of(three);
    EXPECT_EQ(std::vector(slots.begin(), slots.begin() + 16),
              (std::vector<std::uint8_t>{1, 2, 2, 2, 0, 2, 2, 1, 2, 2, 2, 1, 2, 0, 1, 1}));
}

}  // namespace
}  // namespace honeyswitch::control
