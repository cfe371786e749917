#include "dataplane/tables/path_table.hpp"

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

/// Frames of this MAC pair and VLAN, by this link.
struct PathCase {
    std::uint8_t neighbour;
    std::uint16_t vlan;
    std::uint8_t link = 0;

    [[nodiscard]] L2Path path() const {
        L2Path path{{2, 0, 0, 0, 0, 1}, {2, 0, 0, 0, 0, neighbour}, {}, 0, link};
        if (vlan == 0) return path;
        path.tags[0] = {Be16::from_host(0x8100), Be16::from_host(vlan)};
        path.tag_count = 1;
        return path;
    }
};

TEST(PathTable, APathKeepsItsNumber) {
    PathTable<64> table;
    std::map<PathNumber, L2Path> paths;
    const PathCase cases[] = {{1, 0}, {2, 0}, {1, 5}, {1, 6}, {2, 5}, {0, 0}, {1, 0, 1}, {1, 5, 7}};
    for (const PathCase& each : cases) paths[table.number(each.path())] = each.path();
    EXPECT_EQ(paths.size(), std::size(cases)) << "each has a number of its own";
    for (const PathCase& each : cases) {
        const PathNumber number = table.number(each.path());
        EXPECT_EQ(table.path(number), each.path());
        EXPECT_EQ(paths.at(number), each.path());
    }
}

TEST(PathTable, AFrameHasTheNumberOfItsPath) {
    PathTable<64> table;
    const L2Path path{
        {2, 0, 0, 0, 0, 1},
        {2, 0, 0, 0, 0, 9},
        {{{Be16::from_host(0x88a8), Be16::from_host(7)}, {Be16::from_host(0x8100), Be16::from_host(8)}}},
        2,
        3};
    const std::uint8_t frame[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 8, 8, 0};
    PathNumber latest = 0;
    const PathNumber number = table.number(frame, 2, 3, latest);
    EXPECT_EQ(table.path(number), path);
    EXPECT_EQ(table.number(path), number);
    EXPECT_NE(table.number(frame, 1, 3, latest), number);
    EXPECT_NE(table.number(frame, 0, 3, latest), number);
    EXPECT_NE(table.number(frame, 2, 4, latest), number) << "the same frame, by another link";
    EXPECT_EQ(table.number(frame, 2, 3, latest), number);
    EXPECT_EQ(table.number(frame, 2, 3, latest), number) << "once more, now that it is the latest";
}

TEST(PathTable, WithMorePathsThanNumbersTheNewestIsRight) {
    PathTable<16> table;
    for (unsigned i = 0; i < 100; ++i) {
        const L2Path path = PathCase{static_cast<std::uint8_t>(i), 0}.path();
        EXPECT_EQ(table.path(table.number(path)), path);
    }
}

TEST(PathTable, WorkersBesideEachOtherGetTheirPathsBack) {
    PathTable<256> table;
    std::atomic<unsigned> wrong{0};
    const auto work = [&](unsigned seed) {
        std::mt19937 random(seed);
        for (int i = 0; i < 50'000; ++i) {
            const L2Path path =
                PathCase{static_cast<std::uint8_t>(random() % 8), static_cast<std::uint16_t>(random() % 4)}
                    .path();
            wrong += table.path(table.number(path)) != path ? 1 : 0;
        }
    };
    std::thread one(work, 1), other(work, 2);
    one.join();
    other.join();
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
