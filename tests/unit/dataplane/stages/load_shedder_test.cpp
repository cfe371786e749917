// Given bursts of this size, expect so many packets of new flows to be carried in the next.
#include "dataplane/stages/load_shedder.hpp"

#include <initializer_list>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/one_link.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr unsigned as_many_as_full_ring_gives = 2048 / burst_size;
constexpr bool legitimate = true;

class Shedding : public testing::Test {
  protected:
    void full_bursts(unsigned count, PortIndex port = outside_port, bool with_legitimate = legitimate) {
        for (unsigned i = 0; i < count; ++i) shedder_.polled(port, burst_size, with_legitimate);
    }
    void polls(unsigned count, unsigned packets, PortIndex port = outside_port) {
        for (unsigned i = 0; i < count; ++i) shedder_.polled(port, packets, legitimate);
    }
    LoadShedder shedder_{PortLayout()};
};

TEST_F(Shedding, CarriesEverythingAtFirst) {
    EXPECT_EQ(shedder_.newcomers(), burst_size);
    polls(1000, burst_size - 1);
    EXPECT_EQ(shedder_.newcomers(), burst_size);
}

TEST_F(Shedding, AFewFullBurstsAreNoFlood) {
    for (int repetition = 0; repetition < 100; ++repetition) {
        full_bursts(as_many_as_full_ring_gives / 2);
        polls(1, burst_size - 1);
    }
    EXPECT_EQ(shedder_.newcomers(), burst_size);
}

TEST_F(Shedding, ALongRowOfThemIs) {
    full_bursts(as_many_as_full_ring_gives);
    EXPECT_LT(shedder_.newcomers(), burst_size / 2);
    full_bursts(1000);
    EXPECT_EQ(shedder_.newcomers(), 1U) << "some are always carried";
}

TEST_F(Shedding, LookUpsAreLimitedOnlyWhenNewFlowsAreNotEnough) {
    full_bursts(as_many_as_full_ring_gives / 2 + 6);
    EXPECT_EQ(shedder_.newcomers(), 1U);
    EXPECT_EQ(shedder_.lookups(), burst_size);
    full_bursts(1000);
    EXPECT_EQ(shedder_.lookups(), 8U);
    polls(burst_size - 8, 0);
    EXPECT_EQ(shedder_.lookups(), burst_size) << "sessions recover first";
    EXPECT_EQ(shedder_.newcomers(), 1U);
}

TEST_F(Shedding, NothingIsDroppedWhereNothingIsLegitimate) {
    full_bursts(1000, outside_port, !legitimate);
    EXPECT_EQ(shedder_.newcomers(), burst_size);
    full_bursts(1);
    EXPECT_EQ(shedder_.newcomers(), burst_size / 2) << "the row is long already";
}

TEST_F(Shedding, EndsWithTheFlood) {
    full_bursts(1000);
    polls(burst_size * 17 - 24, 0);
    EXPECT_EQ(shedder_.newcomers(), burst_size);
}

TEST_F(Shedding, RecoversByPacketsAndNotByPolls) {
    full_bursts(as_many_as_full_ring_gives / 2 + 6);
    polls(16 * burst_size, 1);
    EXPECT_EQ(shedder_.newcomers(), 2U);
    polls(16, 0);
    EXPECT_EQ(shedder_.newcomers(), 3U) << "a poll that finds nothing counts for a burst";
}

TEST_F(Shedding, PacketsFromInsideAreProtectedAsWell) {
    full_bursts(as_many_as_full_ring_gives, inside_port);
    const unsigned newcomers = shedder_.newcomers();
    EXPECT_LT(newcomers, burst_size / 2);
    polls(1000, 0, outside_port);
    EXPECT_EQ(shedder_.newcomers(), newcomers) << "not while the ring inside is long";
    polls(1, 0, inside_port);
    polls(burst_size * 17, 0, outside_port);
    EXPECT_EQ(shedder_.newcomers(), burst_size);
}

TEST_F(Shedding, HoneypotsFloodNobody) {
    full_bursts(1000, first_honeypot_port);
    EXPECT_EQ(shedder_.newcomers(), burst_size);
}

TEST_F(Shedding, HoneypotsWaitWhileLegitimatePacketsDo) {
    EXPECT_FALSE(shedder_.link_waits());
    full_bursts(1000, outside_port, !legitimate);
    EXPECT_FALSE(shedder_.link_waits());
    full_bursts(1);
    EXPECT_TRUE(shedder_.link_waits());
    polls(1, burst_size - 1);
    EXPECT_FALSE(shedder_.link_waits());
    full_bursts(as_many_as_full_ring_gives, inside_port);
    EXPECT_TRUE(shedder_.link_waits());
}

// A worker and its ring, in time that is counted: packets come by the clock, one in six is legitimate.
TEST_F(Shedding, SettlesWhereTheRingStaysShortAndTheCoreIsBusy) {
    constexpr double between_packets = 67, legitimate_ns = 28, carried_ns = 130, dropped_ns = 45;
    constexpr double ring = 2048;
    double waiting = 0, longest = 0;
    std::uint64_t carried = 0, dropped = 0;
    const auto run = [&](int bursts) {
        for (int i = 0; i < bursts; ++i) {
            const auto taken = static_cast<unsigned>(std::min<double>(waiting, burst_size));
            const unsigned good = taken / 6;
            const unsigned kept = std::min(taken - good, shedder_.newcomers());
            carried += kept;
            dropped += taken - good - kept;
            const double took =
                50 + good * legitimate_ns + kept * carried_ns + (taken - good - kept) * dropped_ns;
            waiting += took / between_packets - taken;
            longest = std::max(longest, waiting);
            shedder_.polled(outside_port, taken, good != 0);
        }
    };
    run(10'000);
    EXPECT_LT(longest, ring) << "no packet is missed even when the flood begins";
    longest = 0;
    carried = dropped = 0;
    run(100'000);
    EXPECT_LT(longest, ring / 4);
    EXPECT_GT(carried, (carried + dropped) / 5);
}

class SheddingForTwoLinks : public testing::Test {
  protected:
    /// The first link's outside gives full bursts, the second link's nothing.
    void flood(unsigned rounds) {
        for (unsigned i = 0; i < rounds; ++i) {
            shedder_.polled(outside_of(0), burst_size, legitimate);
            shedder_.polled(outside_of(1), 0, legitimate);
        }
    }
    LoadShedder shedder_{PortLayout(2)};
};

TEST_F(SheddingForTwoLinks, AnIdleLinkRaisesNoBudgetAgainstAFloodOnAnother) {
    flood(1000);
    EXPECT_EQ(shedder_.newcomers(), 1U);
    EXPECT_EQ(shedder_.lookups(), 8U);
    EXPECT_TRUE(shedder_.link_waits());
}

TEST_F(SheddingForTwoLinks, AFloodOnTheSecondIsSeenAsWell) {
    for (unsigned i = 0; i < as_many_as_full_ring_gives; ++i)
        shedder_.polled(outside_of(1), burst_size, legitimate);
    EXPECT_LT(shedder_.newcomers(), burst_size / 2);
    EXPECT_TRUE(shedder_.link_waits());
}

TEST_F(SheddingForTwoLinks, BothTogetherRaiseItAsFastAsOneLinkDoes) {
    flood(as_many_as_full_ring_gives);
    LoadShedder alone{PortLayout()};
    for (unsigned i = 0; i < as_many_as_full_ring_gives; ++i)
        alone.polled(outside_of(0), burst_size, legitimate);
    ASSERT_EQ(shedder_.newcomers(), alone.newcomers());
    for (unsigned round = 0; round < 10 * burst_size; ++round) {
        alone.polled(outside_of(0), 0, legitimate);
        for (const LinkIndex link : std::initializer_list<LinkIndex>{0, 1})
            shedder_.polled(outside_of(link), 0, legitimate);
    }
    EXPECT_EQ(shedder_.newcomers(), alone.newcomers());
    EXPECT_GT(alone.newcomers(), 1U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
