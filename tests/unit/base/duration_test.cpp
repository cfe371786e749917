#include "base/duration.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

using namespace std::chrono_literals;

TEST(Duration, NeedsItsUnit) {
    EXPECT_EQ(parse_duration("60s"), Microseconds{60'000'000});
    EXPECT_EQ(parse_duration("500ms"), Microseconds{500'000});
    EXPECT_EQ(parse_duration("50us"), Microseconds{50});
    EXPECT_EQ(parse_duration("10m"), Microseconds{10min});
    EXPECT_EQ(parse_duration("2min"), Microseconds{2min});
    EXPECT_EQ(parse_duration("7d"), Microseconds{168h});
    EXPECT_EQ(parse_duration("2w"), Microseconds{336h});
    for (const char* const bad :
         {"", "s", "60", "-1s", "+1s", "1.5s", "60 s", "60sec", "1y", "1D", "99999999999999999999x"})
        EXPECT_EQ(
            parse_duration(bad).error(),
            fmt::format("'{}' is not a duration: write a number and its unit (us, ms, s, m, h, d or w), "
                        "such as 500ms, 60s, 10m or 1h",
                        bad));
}

TEST(Duration, IsShownInTheLargestUnitThatIsExact) {
    for (const char* const text : {"1m", "90s", "1500ms", "24h", "50us", "0s"})
        EXPECT_EQ(duration_text(parse_duration(text).value()), text);
    EXPECT_EQ(duration_text(parse_duration("1w").value()), "168h");
}

TEST(Duration, NeverWrapsRound) {
    EXPECT_EQ(parse_duration("9223372036854775807us"), Microseconds::max());
    for (const char* const bad : {"9223372036854775808us", "9223372036854776ms", "2562047789h", "15250285w",
                                  "5124097777777h", "99999999999999999999999s"})
        EXPECT_EQ(parse_duration(bad).error(),
                  fmt::format("'{}' is too long: a duration is at most 15250284w", bad));
}

TEST(Duration, TheErrorNamesTheRangeWhateverIsTooLong) {
    for (const char* const bad :
         {"999ms", "1d", "61s", "5124097h", "9223372036854776ms", "99999999999999999999999s"})
        EXPECT_EQ(parse_duration(bad, 1s, 60s).error(), fmt::format("'{}' is not from 1s to 1m", bad));
    EXPECT_EQ(parse_duration("1500us", 1ms, 60s).error(), "'1500us' is no whole number of milliseconds");
    EXPECT_EQ(parse_duration("60s", 1s, 60s), Milliseconds{60'000});
}

}  // namespace
}  // namespace honeyswitch
