#include "control/tiers/source_reputation.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

constexpr Milliseconds hour{3'600'000};
constexpr TimePoint start{hour * 10};
constexpr std::size_t low = 0, mid = 1, high = 2;
constexpr ReputationSecret secret{0x1234'5678'9abc'def1, 0x0fed'cba9'8765'4321};

Ipv4Address host(std::uint32_t number) {
    return {number};
}

SourceReputation reputation_of(std::uint32_t capacity, const std::vector<Tier>& tiers) {
    return {capacity, tiers, secret};
}

Tier sessions_tier(std::size_t from, std::size_t to, std::uint32_t sessions, Milliseconds window = hour) {
    Tier tier;
    tier.from = from;
    tier.to = to;
    tier.sessions = sessions;
    tier.window = window;
    return tier;
}

/// The source begins sessions with so many destinations; true if one of them reached a tier.
bool begin(SourceReputation& reputation, Ipv4Address source, std::uint32_t sessions, TimePoint now) {
    bool reached = false;
    for (std::uint32_t i = 0; i < sessions; ++i)
        reached = reputation.session_began(source, host(0x0a01'0000 + i), now) || reached;
    return reached;
}

std::vector<Ipv4Address> expire_all(SourceReputation& reputation, TimePoint now) {
    std::vector<Ipv4Address> fallen;
    reputation.expire(now, SIZE_MAX / 2, [&](Ipv4Address source) { fallen.push_back(source); });
    return fallen;
}

TEST(SourceReputation, MovesASourceThatReachesATier) {
    auto reputation = reputation_of(64, {sessions_tier(low, mid, 3)});
    EXPECT_FALSE(reputation.session_began(host(7), host(1), start));
    EXPECT_FALSE(reputation.session_began(host(7), host(1), start));
    EXPECT_EQ(reputation.pool_for(host(7), low, start), low);
    EXPECT_TRUE(reputation.session_began(host(7), host(1), start));
    EXPECT_EQ(reputation.pool_for(host(7), low, start), mid);
    EXPECT_EQ(reputation.pool_for(host(7), high, start), high);       // another pool has no tier
    EXPECT_EQ(reputation.pool_for(host(8), low, start), low);         // another source
    EXPECT_FALSE(reputation.session_began(host(7), host(1), start));  // it has been told
}

TEST(SourceReputation, IsReachedByAnyOfTheNumbers) {
    Tier tier;
    tier.to = mid;
    tier.sessions = 100;
    tier.destinations = 5;
    tier.payload_sessions = 2;
    auto reputation = reputation_of(64, {tier});
    EXPECT_FALSE(begin(reputation, host(1), 4, start));
    EXPECT_TRUE(reputation.session_began(host(1), host(0x0a01'0004), start));
    for (int i = 0; i < 99; ++i) EXPECT_FALSE(reputation.session_began(host(2), host(1), start));
    EXPECT_TRUE(reputation.session_began(host(2), host(1), start));
    EXPECT_FALSE(reputation.session_began(host(3), host(1), start));
    EXPECT_FALSE(reputation.payload_sent(host(3), start));
    EXPECT_TRUE(reputation.payload_sent(host(3), start));
    EXPECT_EQ(reputation.pool_for(host(3), low, start), mid);
}

TEST(SourceReputation, GoesFromTierToTier) {
    auto reputation = reputation_of(64, {sessions_tier(low, mid, 2), sessions_tier(mid, high, 4, 10min)});
    EXPECT_TRUE(begin(reputation, host(1), 2, start));
    EXPECT_EQ(reputation.pool_for(host(1), low, start), mid);
    EXPECT_TRUE(begin(reputation, host(1), 2, start));
    EXPECT_EQ(reputation.pool_for(host(1), low, start), high);
    EXPECT_EQ(reputation.pool_for(host(1), mid, start), high);
    // The second has a window of its own, which ends sooner.
    EXPECT_EQ(expire_all(reputation, start + 20min), std::vector{host(1)});
    EXPECT_EQ(reputation.pool_for(host(1), low, start + 20min), mid);
    EXPECT_EQ(expire_all(reputation, start + 90min), std::vector{host(1)});
    EXPECT_EQ(reputation.pool_for(host(1), low, start + 90min), low);
    EXPECT_EQ(reputation.size(), 0U);
}

TEST(SourceReputation, TriesTiersInTheirOrder) {
    auto reputation = reputation_of(64, {sessions_tier(mid, high, 2), sessions_tier(low, mid, 2)});
    EXPECT_TRUE(begin(reputation, host(1), 9, start));
    EXPECT_EQ(reputation.pool_for(host(1), low, start), mid);
    EXPECT_EQ(reputation.pool_for(host(1), mid, start), high);
}

TEST(SourceReputation, CountsWhatIsWithinHalfAWindowAndNothingOlderThanOne) {
    // At any offset to the halves that the table cuts time into.
    for (auto offset = 0min; offset < 60min; offset += 7min) {
        auto reputation = reputation_of(64, {sessions_tier(low, mid, 3)});
        const auto first = start + offset;
        EXPECT_FALSE(begin(reputation, host(1), 2, first));
        EXPECT_TRUE(begin(reputation, host(1), 1, first + 29min)) << offset.count();
        EXPECT_FALSE(begin(reputation, host(2), 2, first));
        EXPECT_FALSE(begin(reputation, host(2), 1, first + 61min)) << offset.count();
        EXPECT_EQ(reputation.numbers(host(2), hour, first + 61min).sessions, 1U);
    }
}

TEST(SourceReputation, TellsOnceWhenASourceFallsBack) {
    auto reputation = reputation_of(64, {sessions_tier(low, mid, 3)});
    EXPECT_TRUE(begin(reputation, host(1), 3, start));
    EXPECT_FALSE(begin(reputation, host(2), 1, start));
    EXPECT_TRUE(expire_all(reputation, start + 29min).empty());
    EXPECT_FALSE(begin(reputation, host(1), 3, start + 45min));  // still above it, so nothing changes
    EXPECT_TRUE(expire_all(reputation, start + 61min).empty());
    EXPECT_EQ(reputation.pool_for(host(1), low, start + 61min), mid);
    EXPECT_EQ(expire_all(reputation, start + 106min), std::vector{host(1)});
    EXPECT_EQ(reputation.pool_for(host(1), low, start + 106min), low);
    EXPECT_TRUE(expire_all(reputation, start + 200min).empty());
    EXPECT_EQ(reputation.size(), 0U);
    EXPECT_TRUE(begin(reputation, host(1), 3, start + 201min));  // and it may reach it again
}

TEST(SourceReputation, ExpiresAFewPlacesAtATime) {
    auto reputation = reputation_of(8'192, {sessions_tier(low, mid, 1)});
    for (std::uint32_t i = 0; i < 500; ++i) EXPECT_TRUE(begin(reputation, host(i), 1, start));
    std::size_t fallen = 0, most = 0, calls = 0;
    for (; calls < 1'000 && fallen < 500; ++calls) {
        const auto before = fallen;
        reputation.expire(start + 61min, 16, [&](Ipv4Address) { ++fallen; });
        most = std::max(most, fallen - before);
    }
    EXPECT_EQ(fallen, 500U);
    EXPECT_LE(most, 16U);
    EXPECT_LE(calls, 8'192U / 16);
}

TEST(SourceReputation, RemembersHeavySourcesThroughAScan) {
    constexpr std::uint32_t heavy = 100, scanners = 1'000'000;
    auto reputation = reputation_of(32'768, {sessions_tier(low, mid, 31)});
    // Some have done something before the scan; others come now and then while it runs.
    for (std::uint32_t i = 0; i < heavy; ++i) EXPECT_FALSE(begin(reputation, host(i), 10, start));
    for (std::uint32_t i = 0; i < scanners; ++i) {
        const auto now = start + Milliseconds{i};  // 17 minutes in all
        EXPECT_FALSE(reputation.session_began(host(0xc000'0000 + i), host(i), now));
        for (std::uint32_t j = 0; i % 50'000 == 0 && j < heavy; ++j)
            EXPECT_FALSE(reputation.session_began(host(j), host(i), now));
        for (std::uint32_t j = 0; i % 5'000 == 0 && j < heavy; ++j)
            (void)reputation.session_began(host(1'000 + j), host(i), now);
    }
    const auto end = start + Milliseconds{scanners};
    for (std::uint32_t i = 0; i < heavy; ++i) {
        EXPECT_EQ(reputation.numbers(host(i), hour, end).sessions, 30U);
        EXPECT_EQ(reputation.numbers(host(1'000 + i), hour, end).sessions, 200U);
        EXPECT_EQ(reputation.pool_for(host(1'000 + i), low, end), mid);
    }
    EXPECT_LE(reputation.size(), 32'768U);
}

TEST(SourceReputation, NeverForgetsASourceThatATierHasMoved) {
    auto reputation = reputation_of(8, {sessions_tier(low, mid, 2)});
    for (std::uint32_t i = 0; i < 8; ++i) EXPECT_TRUE(begin(reputation, host(i), 2, start));
    // There is no room for another, however much it does.
    EXPECT_FALSE(begin(reputation, host(99), 50, start));
    EXPECT_EQ(reputation.pool_for(host(99), low, start), low);
    for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(reputation.pool_for(host(i), low, start), mid);
    EXPECT_EQ(expire_all(reputation, start + 61min).size(), 8U);
    EXPECT_TRUE(begin(reputation, host(99), 2, start + 61min));
}

TEST(SourceReputation, EstimatesDestinationsWithinTheErrorOfLinearCounting) {
    struct Row {
        std::uint32_t destinations;
        double error;  ///< standard error, relative, as the header of distinct_count.hpp states it
    };
    constexpr std::uint32_t sources = 400;
    for (const auto& [destinations, error] :
         {Row{10, 0.05}, Row{100, 0.05}, Row{500, 0.05}, Row{1'000, 0.062}, Row{1'200, 0.07}}) {
        auto reputation = reputation_of(8'192, {sessions_tier(low, mid, 1'000'000)});
        double bias = 0, squares = 0;
        for (std::uint32_t source = 0; source < sources; ++source) {
            for (std::uint32_t i = 0; i < destinations; ++i)
                for (int twice = 0; twice < 2; ++twice)
                    (void)reputation.session_began(host(source), host(source * 10'007 + i), start);
            const double off = reputation.numbers(host(source), hour, start).destinations / destinations - 1;
            bias += off / sources;
            squares += off * off / sources;
        }
        EXPECT_LT(std::sqrt(squares), error * 1.2) << destinations;
        EXPECT_LT(std::abs(bias), 0.02) << destinations;
        RecordProperty("error_at_" + std::to_string(destinations), std::to_string(std::sqrt(squares)));
    }
}

TEST(SourceReputation, CountsADestinationOfBothHalvesOnce) {
    auto reputation = reputation_of(64, {sessions_tier(low, mid, 1'000)});
    (void)begin(reputation, host(1), 20, start + 25min);
    const auto once = reputation.numbers(host(1), hour, start + 25min).destinations;
    (void)begin(reputation, host(1), 20, start + 35min);
    EXPECT_EQ(reputation.numbers(host(1), hour, start + 35min).destinations, once);
    EXPECT_EQ(reputation.numbers(host(1), hour, start + 35min).sessions, 40U);
}

TEST(SourceReputation, ReachesATierOfMoreDestinationsThanItCanTellApart) {
    Tier tier;
    tier.to = mid;
    tier.destinations = 60'000;
    auto reputation = reputation_of(64, {tier});
    EXPECT_FALSE(begin(reputation, host(1), 1'000, start));
    EXPECT_TRUE(begin(reputation, host(1), 60'000, start));
}

TEST(SourceReputation, HasAllItsMemoryFromTheStart) {
    auto reputation = reputation_of(10'001, {sessions_tier(low, mid, 2), sessions_tier(mid, high, 3)});
    EXPECT_EQ(reputation.bytes(), 10'008U * 128);
    for (std::uint32_t i = 0; i < 100'000; ++i) (void)begin(reputation, host(i), 1 + i % 4, start);
    EXPECT_EQ(reputation.bytes(), 10'008U * 128);
    EXPECT_LE(reputation.size(), 10'008U);
    EXPECT_EQ(reputation_of(1'000, {sessions_tier(low, mid, 2), sessions_tier(mid, high, 3, 60s)}).bytes(),
              2U * 1'000 * 128);
}

TEST(SourceReputation, IsNothingWithoutTiersOrCapacity) {
    auto without_tiers = reputation_of(1'000, {});
    EXPECT_FALSE(begin(without_tiers, host(1), 100, start));
    EXPECT_EQ(without_tiers.pool_for(host(1), mid, start), mid);
    EXPECT_EQ(without_tiers.bytes(), 0U);
    EXPECT_TRUE(expire_all(without_tiers, start + hour).empty());
    auto without_capacity = reputation_of(0, {sessions_tier(low, mid, 1)});
    EXPECT_FALSE(begin(without_capacity, host(1), 100, start));
    EXPECT_FALSE(without_capacity.payload_sent(host(1), start));
    EXPECT_EQ(without_capacity.pool_for(host(1), low, start), low);
    EXPECT_TRUE(expire_all(without_capacity, start + hour).empty());
}

TEST(SourceReputation, DrawsASecretAtStart) {
    EXPECT_NE(ReputationSecret::random().hash(1), ReputationSecret::random().hash(1));
}

}  // namespace
}  // namespace honeyswitch::control
