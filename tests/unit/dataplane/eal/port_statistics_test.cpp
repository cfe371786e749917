#include "dataplane/eal/port_statistics.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::dataplane {
namespace {

constexpr InterfaceStatistics nothing{};

TEST(KernelLosses, CountFromTheStartOfThePort) {
    const InterfaceStatistics began{.rx_dropped = 10, .rx_missed = 20, .rx_errors = 30, .tx_dropped = 40};
    EXPECT_EQ(kernel_losses(began, began, {}).rx_missed, 0U);
    const InterfaceStatistics now{.rx_dropped = 11, .rx_missed = 22, .rx_errors = 33, .tx_dropped = 44};
    const auto lost = kernel_losses(began, now, {});
    EXPECT_EQ(lost.rx_dropped, 1U);
    EXPECT_EQ(lost.rx_missed, 2U);
    EXPECT_EQ(lost.rx_errors, 3U);
    EXPECT_EQ(lost.tx_lost, 4U);
}

TEST(KernelLosses, AreOneReasonEach) {
    const InterfaceStatistics now{.rx_errors = 9, .rx_length_errors = 4, .rx_crc_errors = 3};
    const auto lost = kernel_losses(nothing, now, {});
    EXPECT_EQ(lost.rx_too_long, 4U);
    EXPECT_EQ(lost.rx_crc, 3U);
    EXPECT_EQ(lost.rx_errors, 2U);
}

TEST(KernelLosses, OfAnXdpSocketAreToldApart) {
    const auto lost = kernel_losses(nothing, nothing, {.ring_full = 100, .dropped = 30, .no_buffer = 20});
    EXPECT_EQ(lost.rx_missed, 120U) << "a full ring, and no buffer in the fill ring";
    EXPECT_EQ(lost.rx_too_long, 10U) << "what else a socket drops is too long for it";
}

TEST(KernelLosses, DoNotTakeAnIdleLookForABufferForALoss) {
    const auto lost = kernel_losses(nothing, nothing, {.ring_full = 0, .dropped = 0, .no_buffer = 50});
    EXPECT_EQ(lost.rx_missed, 0U);
}

TEST(KernelLosses, AreNotCountedTwiceWhereTheDriverCountsWhatTheSocketDropped) {
    const auto lost =
        kernel_losses(nothing, {.rx_dropped = 140}, {.ring_full = 100, .dropped = 30, .no_buffer = 30});
    EXPECT_EQ(lost.rx_missed, 130U);
    EXPECT_EQ(lost.rx_dropped, 10U);
    EXPECT_EQ(kernel_losses(nothing, {.rx_dropped = 90}, {.ring_full = 100}).rx_dropped, 0U);
}

TEST(KernelLosses, AreNotCountedTwiceWhereTheDriverHasTwoNamesForOne) {
    EXPECT_EQ(kernel_losses(nothing, {.rx_missed = 7, .rx_fifo = 7}, {}).rx_missed, 7U);
}

TEST(KernelLosses, OfAnInterfaceThatWasMadeAnewAreNone) {
    const auto lost = kernel_losses({.rx_dropped = 5, .rx_missed = 5, .tx_errors = 5}, nothing, {});
    EXPECT_EQ(lost.rx_dropped + lost.rx_missed + lost.tx_lost, 0U);
}

TEST(SentWhileDown, IsWhatWasSentBetweenTwoLooksAtALinkThatWasDown) {
    SentWhileDown lost;
    EXPECT_EQ(lost.look(true, 100), 0U);
    EXPECT_EQ(lost.look(false, 150), 0U) << "it may have gone down after the last of them";
    EXPECT_EQ(lost.look(false, 170), 20U);
    EXPECT_EQ(lost.look(true, 190), 20U);
    EXPECT_EQ(lost.look(true, 500), 20U);
    EXPECT_EQ(lost.look(false, 500), 20U);
    EXPECT_EQ(lost.look(false, 501), 21U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
