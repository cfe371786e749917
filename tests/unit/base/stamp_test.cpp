#include "base/stamp.hpp"

#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

constexpr std::int64_t half = std::int64_t{1} << 31, whole = std::int64_t{1} << 32;

TimePoint at(std::int64_t milliseconds) {
    return TimePoint{Milliseconds{milliseconds}};
}

TEST(Stamp32, TellsItsAgeBeyondHalfOfItsRange) {
    struct Row {
        std::int64_t stamped, now;
        std::uint32_t age;
    };
    for (const Row& row : {Row{1'000, 1'000, 0},
                           {1'000, 5'000, 4'000},
                           {1'000, 1'000 + half - 1, half - 1},
                           {1'000, 1'000 + half, half},
                           {1'000, 1'000 + half + 86'400'000, half + 86'400'000},
                           {1'000, 1'000 + whole - 60'001, static_cast<std::uint32_t>(whole - 60'001)},
                           {whole - 10, whole + 10, 20},
                           {half - 10, half + 10, 20},
                           {3 * whole - 1, 3 * whole + half, half + 1}}) {
        EXPECT_EQ(Stamp32::of(at(row.stamped)).age(Stamp32::of(at(row.now))), row.age)
            << row.stamped << " at " << row.now;
        EXPECT_EQ(Stamp32::of(at(row.stamped)).before(at(row.now)), at(row.stamped));
    }
}

TEST(Stamp32, OfAnotherThreadThatIsAMomentAheadIsNoAge) {
    EXPECT_EQ(Stamp32(5).age(Stamp32(4)), 0U);
    EXPECT_EQ(Stamp32(1).age(Stamp32(~0U)), 0U);
    EXPECT_EQ(Stamp32(60'000).age(Stamp32(0)), 0U);
}

TEST(FoldedStamp, StaysInThePastForHoweverLong) {
    FoldedStamp reply;
    reply.look(Stamp32(0), at(500));
    EXPECT_FALSE(reply.moment());
    reply.look(Stamp32(1'000), at(1'200));
    for (const std::int64_t now :
         {std::int64_t{2'000}, half, half + 1'000, whole, whole + 1'000, 5 * whole}) {
        reply.look(Stamp32(1'000), at(now));
        EXPECT_EQ(reply.moment(), at(1'000)) << now;
    }
    reply.look(Stamp32::of(at(5 * whole + 70)), at(5 * whole + 100));
    EXPECT_EQ(reply.moment(), at(5 * whole + 70));
    reply.forget();
    reply.look(Stamp32::of(at(5 * whole + 70)), at(5 * whole + 200));
    EXPECT_FALSE(reply.moment());
}

}  // namespace
}  // namespace honeyswitch
