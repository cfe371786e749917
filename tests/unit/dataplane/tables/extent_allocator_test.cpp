// Runs of a space against a list of who has which place.
#include "dataplane/tables/extent_allocator.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint32_t first = 7, space = 500;

struct Taken {
    std::uint32_t start, count;
};

class ExtentAllocatorTest : public testing::Test {
  protected:
    /// Where the first run of so many free places begins; `first + space` where there is none.
    [[nodiscard]] std::uint32_t first_fit(std::uint64_t count) const {
        std::uint32_t begin = 0;
        for (std::uint32_t i = 0; i <= space; ++i) {
            if (i - begin == count) return first + begin;
            if (i < space && taken_[i]) begin = i + 1;
        }
        return first + space;
    }
    void mark(Taken run, bool taken) { std::fill_n(taken_.begin() + (run.start - first), run.count, taken); }

    ExtentAllocator extents_{first, space};
    std::vector<bool> taken_ = std::vector<bool>(space);
};

TEST_F(ExtentAllocatorTest, ARunIsTheFirstThatFitsAndNobodyElses) {
    std::mt19937 random(1);
    std::vector<Taken> runs;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0 && !runs.empty()) {
            const auto given = runs.begin() + static_cast<std::ptrdiff_t>(random() % runs.size());
            extents_.give_back(given->start, given->count);
            mark(*given, false);
            runs.erase(given);
            continue;
        }
        const auto count = static_cast<std::uint32_t>(1 + random() % 64);
        const auto start = extents_.take(count);
        const std::uint32_t expected = first_fit(count);
        ASSERT_EQ(start.value_or(first + space), expected) << step;
        if (!start) continue;
        runs.push_back({*start, count});
        mark(runs.back(), true);
    }
    for (const Taken run : runs) extents_.give_back(run.start, run.count);
    EXPECT_EQ(extents_.take(space), first) << "all of it is one run again";
}

TEST_F(ExtentAllocatorTest, WhatDoesNotFitTakesNothing) {
    EXPECT_EQ(extents_.take(space + 1), std::nullopt);
    EXPECT_EQ(extents_.take(std::uint64_t{1} << 32), std::nullopt) << "a whole Internet";
    EXPECT_EQ(extents_.take(space - 1), first);
    EXPECT_EQ(extents_.take(2), std::nullopt);
    EXPECT_EQ(extents_.take(1), first + space - 1);
    EXPECT_EQ(extents_.take(1), std::nullopt);
}

}  // namespace
}  // namespace honeyswitch::dataplane
