#include "dataplane/eal/queue_sizes.hpp"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

TEST(QueueSizes, LeaveAnEighthOfTheBuffersFree) {
    for (const auto& [workers, ports] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
             {1, 3}, {2, 3}, {3, 3}, {8, 3}, {127, 3}, {1, 10}, {8, 10}})
        for (std::uint32_t buffers = 2048 * workers; buffers < 10'000'000; buffers += buffers / 3 + 1) {
            const QueueSizes sizes = queue_sizes(buffers, workers, ports);
            EXPECT_LE(sizes.held(workers, ports), buffers - buffers / 8)
                << buffers << " buffers, " << workers << " workers, " << ports << " ports";
            EXPECT_GE(sizes.ring, 512U);
            EXPECT_GE(sizes.descriptors, ports == 3 ? 128U : 32U);
        }
}

TEST(QueueSizes, DoNotGrowWithoutEnd) {
    EXPECT_EQ(queue_sizes(10'000'000, 1, 3).ring, 8192U);
    EXPECT_EQ(queue_sizes(10'000'000, 1, 3).descriptors, 2048U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
