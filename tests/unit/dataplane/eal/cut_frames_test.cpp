// What is left of a frame that an AF_PACKET ring would have cut, and the sockets of a port among those of
// others.
#include <array>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/system/descriptor.hpp"
#include "dataplane/eal/kernel_sockets.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr std::uint32_t longest = packet_ring_longest(longest_frame(default_mtu));

rte_mbuf frame_of(std::uint32_t length, std::uint64_t flags = 0) {
    rte_mbuf packet{};
    packet.pkt_len = length;
    packet.ol_flags = flags;
    return packet;
}

TEST(CutFrames, AreToldFromTheShortestThatAKernelSends) {
    EXPECT_TRUE(was_cut(frame_of(mark_of_cut_frames)));
    EXPECT_FALSE(was_cut(frame_of(14)));
    EXPECT_FALSE(was_cut(frame_of(longest)));
}

TEST(CutFrames, AreToldWhenTheDriverPutTheirTagBack) {
    EXPECT_TRUE(was_cut(frame_of(mark_of_cut_frames + 4, RTE_MBUF_F_RX_VLAN)));
    EXPECT_FALSE(was_cut(frame_of(14 + 4, RTE_MBUF_F_RX_VLAN)));
    EXPECT_FALSE(was_cut(frame_of(14, RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)));
}

TEST(CutFrames, AreMarkedByTheKernelAndOthersAreNotTouched) {
    std::array<int, 2> pair{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair.data()), 0);
    const Descriptor sender(pair[0]), receiver(pair[1]);
    ASSERT_TRUE(mark_cut_frames(std::array{receiver.get()}, longest));
    std::array<char, 4096> frame{};
    for (const auto& [sent, arrives] : {std::pair{14U, 14U},
                                        {1514U, 1514U},
                                        {longest, longest},
                                        {longest + 1, mark_of_cut_frames},
                                        {4096U, mark_of_cut_frames}}) {
        ASSERT_EQ(send(sender.get(), frame.data(), sent, 0), sent);
        EXPECT_EQ(recv(receiver.get(), frame.data(), frame.size(), 0), arrives) << "of " << sent;
    }
}

TEST(SocketsOfAPort, AreThoseThatWereOpenedMeanwhile) {
    const Descriptor other(socket(AF_INET, SOCK_DGRAM, 0));
    const auto before = sockets_of_family(AF_INET);
    const Descriptor first(socket(AF_INET, SOCK_DGRAM, 0)), second(socket(AF_INET, SOCK_DGRAM, 0));
    const Descriptor another_family(socket(AF_UNIX, SOCK_DGRAM, 0));
    EXPECT_EQ(opened_since(before, sockets_of_family(AF_INET)), (std::vector{first.get(), second.get()}));
}

}  // namespace
}  // namespace honeyswitch::dataplane
