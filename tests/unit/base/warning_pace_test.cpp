#include "base/warning_pace.hpp"

#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

using std::chrono::seconds;

TEST(WarningPace, SaysOnceAnIntervalHowManyThereWere) {
    WarningPace pace(seconds(60));
    EXPECT_EQ(pace.due(seconds(1)), 0U);
    for (int i = 0; i < 1000; ++i) EXPECT_EQ(pace.due(seconds(2)), std::nullopt);
    EXPECT_EQ(pace.due(seconds(60)), std::nullopt);
    EXPECT_EQ(pace.due(seconds(61)), 1001U);
    EXPECT_EQ(pace.due(seconds(62)), std::nullopt);
    EXPECT_EQ(pace.due(seconds(500)), 1U);
}

}  // namespace
}  // namespace honeyswitch
