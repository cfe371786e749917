#include "base/system/large_array.hpp"

#include <cstdint>

#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

struct Seven {
    std::uint64_t value = 7;
};

TEST(LargeArray, BeginsWithWhatItsElementsBeginWith) {
    LargeArray<Seven> array(700'000);
    ASSERT_EQ(array.size(), 700'000U);
    for (const std::size_t place : {0UL, 1UL, 262'143UL, 699'999UL})
        EXPECT_EQ(array[place].value, 7U) << place;
    array[699'999].value = 9;
    EXPECT_EQ(array[699'999].value, 9U);
    EXPECT_EQ(array[699'998].value, 7U);
}

TEST(LargeArray, MayBeOfNothing) {
    const LargeArray<Seven> array(0);
    EXPECT_EQ(array.size(), 0U);
}

}  // namespace
}  // namespace honeyswitch
