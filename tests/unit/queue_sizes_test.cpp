#include "dataplane/queue_sizes.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

TEST(QueueSizes, LeaveAnEighthOfTheBuffersFree) {
    for (const std::uint32_t workers : {1U, 2U, 3U, 8U, 127U})
        for (std::uint32_t buffers = 2048 * workers; buffers < 10'000'000; buffers += buffers / 3 + 1) {
            const QueueSizes sizes = queue_sizes(buffers, workers);
            EXPECT_LE(sizes.held(workers), buffers - buffers / 8)
                << buffers << " buffers, " << workers << " workers";
            EXPECT_GE(sizes.ring, 512U);
            EXPECT_GE(sizes.descriptors, 128U);
        }
}

TEST(QueueSizes, DoNotGrowWithoutEnd) {
    EXPECT_EQ(queue_sizes(10'000'000, 1).ring, 8192U);
    EXPECT_EQ(queue_sizes(10'000'000, 1).descriptors, 2048U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
