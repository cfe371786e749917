#include "dataplane/eal/frame_lengths.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

TEST(FrameLengths, AreAnMtuWithItsHeaderAndTwoTags) {
    EXPECT_EQ(longest_frame(1500), 1522U);
    EXPECT_EQ(mtu_of_frame(longest_frame(9000)), 9000U);
    EXPECT_GE(longest_frame(default_mtu), 1600U);
}

TEST(FrameLengths, OfAllMtusFitABufferWhereverTheyArePut) {
    for (std::uint32_t mtu = least_mtu; mtu <= most_mtu; ++mtu) {
        const auto frame = longest_frame(mtu);
        const auto room = room_of_buffer(frame);
        ASSERT_EQ(room % 128, 64U) << mtu << ": an even number of cache lines";
        ASSERT_LE(frame + 12, room / 1024 * 1024) << mtu << ": NICs use whole kilobytes, with FCS and tags";
        ASSERT_LE(packet_ring_frame(frame), room + 32) << mtu << ": net_af_packet refuses to start";
        ASSERT_GE(packet_ring_longest(frame), frame) << mtu;
        if (frame <= xdp_most) {
            ASSERT_GE(xdp_longest(room), frame) << mtu;
        }
        ASSERT_EQ(packet_ring_frame(frame) * places_a_block % 4096, 0U) << mtu << ": a block is whole pages";
    }
}

TEST(FrameLengths, OfTheDefaultTakeNoMoreRoomThanEver) {
    EXPECT_EQ(room_of_buffer(longest_frame(default_mtu)), 2112U);
    EXPECT_EQ(packet_ring_frame(longest_frame(default_mtu)), 2048U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
