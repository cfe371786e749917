#include "dataplane/eal/burst_mask.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

TEST(BurstMask, HasABitForEachPacket) {
    EXPECT_EQ(whole_burst(1), 1U);
    EXPECT_EQ(whole_burst(7), 0x7fU);
    EXPECT_EQ(whole_burst(burst_size), ~BurstMask{0});
}

TEST(BurstMask, FindsBytesWithAnyOfTheBits) {
    std::mt19937 random(1);
    for (int round = 0; round < 1000; ++round) {
        std::array<std::uint8_t, burst_size> bytes;
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() & random());
        const auto bits = static_cast<std::uint8_t>(random());
        const BurstMask mask = having_any(bytes, bits);
        for (std::size_t i = 0; i < burst_size; ++i)
            ASSERT_EQ(mask >> i & 1U, (bytes[i] & bits) != 0 ? 1U : 0U) << "byte " << i;
    }
}

TEST(BurstMask, FindsWordsThatAreZero) {
    std::mt19937 random(1);
    for (int round = 0; round < 1000; ++round) {
        std::array<std::uint32_t, burst_size> words;
        for (auto& word : words) word = random() % 2 == 0 ? 0U : 1U << random() % 32;
        const BurstMask mask = having_zero(words);
        for (std::size_t i = 0; i < burst_size; ++i)
            ASSERT_EQ(mask >> i & 1U, words[i] == 0 ? 1U : 0U) << "word " << i;
    }
}

TEST(BurstMask, LeavesOutTheFirst) {
    constexpr BurstMask mask = 0b1011'0010;
    EXPECT_EQ(beyond(mask, 0), mask);
    EXPECT_EQ(beyond(mask, 1), 0b1011'0000U);
    EXPECT_EQ(beyond(mask, 3), 0b1000'0000U);
    EXPECT_EQ(beyond(mask, 4), 0U);
    EXPECT_EQ(beyond(mask, burst_size), 0U);
    EXPECT_EQ(beyond(~BurstMask{0}, burst_size - 1), BurstMask{1} << (burst_size - 1));
    EXPECT_EQ(beyond(0, 0), 0U);
}

TEST(BurstMask, FollowsThePacketsThatAreChosen) {
    constexpr BurstMask chosen = BurstMask{1} << 63 | 0b1011'0010, all = ~BurstMask{0};
    EXPECT_EQ(of_chosen(all, chosen), 0b1'1111U);
    EXPECT_EQ(of_chosen(BurstMask{1} << 63 | 0b0001'0001, chosen), 0b1'0010U) << "the first is not chosen";
    EXPECT_EQ(of_chosen(chosen, all), chosen);
    EXPECT_EQ(of_chosen(all, 0), 0U);
    EXPECT_TRUE(has(chosen, 63) && has(chosen, 1));
    EXPECT_FALSE(has(chosen, 62) || has(chosen, 0));
}

TEST(BurstMask, IsWalkedInOrder) {
    std::vector<std::size_t> seen;
    for_each(BurstMask{1} << 63 | 0b101, [&](std::size_t i) { seen.push_back(i); });
    EXPECT_EQ(seen, (std::vector<std::size_t>{0, 2, 63}));
    for_each(0, [](std::size_t i) { ADD_FAILURE() << i; });
}

}  // namespace
}  // namespace honeyswitch::dataplane
