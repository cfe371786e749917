// Domains within domains, what a new one takes over, and that no worker ever sees an active address as
// inactive.
#include "dataplane/tables/address_table.hpp"

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include <rte_pause.h>

#include "dataplane/eal/burst.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace address_state;

constexpr std::uint8_t elsewhere_state = address_state::active | unwatched;

Prefix prefix(const char* network, std::uint8_t length) {
    return {ip(network).host(), length};
}
std::uint32_t host(const char* address) {
    return ip(address).host();
}
const std::span<const std::uint32_t> nobody;

Quiescence quiescence_of(unsigned workers) {
    start_eal();
    return Quiescence::create(workers).value();
}

class AddressTableTest : public testing::Test {
  protected:
    [[nodiscard]] std::uint8_t state(const char* address) const {
        const std::uint32_t value = host(address);
        std::uint8_t state = 0;
        table_->lookup({&value, 1}, {&state, 1});
        return state;
    }
    void add(Prefix prefix, DomainKind kind, std::span<const std::uint32_t> active = nobody) {
        const auto added = table_->add_domain(prefix, kind, active);
        ASSERT_TRUE(added) << added.error().message();
    }

    Quiescence quiescence_ = quiescence_of(1);
    std::unique_ptr<AddressTable> table_ =
        AddressTable::create({.addresses = 1 << 10, .domains = 4, .sightings = 2}, quiescence_).value();
};

TEST_F(AddressTableTest, WhatIsInNoDomainIsInsides) {
    EXPECT_EQ(state("10.1.0.1"), elsewhere_state);
    add(prefix("10.1.0.0", 24), DomainKind::known);
    EXPECT_EQ(state("10.1.0.1"), 0);
    EXPECT_EQ(state("10.1.1.1"), elsewhere_state);
    add(prefix("10.1.0.0", 24), DomainKind::unknown);
    EXPECT_EQ(state("10.1.0.1"), elsewhere_state);
}

TEST_F(AddressTableTest, ADomainKeepsWhatIsKnownOfItWhileItIsUnknown) {
    const std::array active{host("10.1.0.7")};
    add(prefix("10.1.0.0", 24), DomainKind::known, active);
    table_->session_added(host("10.1.0.9"));
    add(prefix("10.1.0.0", 24), DomainKind::unknown);
    EXPECT_EQ(state("10.1.0.9"), elsewhere_state | sessions);
    add(prefix("10.1.0.0", 24), DomainKind::known);
    EXPECT_EQ(state("10.1.0.7"), address_state::active);
    EXPECT_EQ(state("10.1.0.9"), sessions);
    EXPECT_EQ(table_->sessions_in(prefix("10.1.0.0", 24)), 1U);
}

TEST_F(AddressTableTest, TheMostSpecificDomainDecides) {
    add(prefix("10.1.0.0", 24), DomainKind::known);
    add(prefix("10.1.0.16", 28), DomainKind::unknown);
    EXPECT_EQ(state("10.1.0.17"), elsewhere_state);
    EXPECT_EQ(state("10.1.0.33"), 0);
    add(prefix("10.1.0.16", 28), DomainKind::known);
    EXPECT_EQ(state("10.1.0.17"), 0);
    table_->set_active(host("10.1.0.17"), true);
    table_->remove_domain(prefix("10.1.0.16", 28));
    EXPECT_EQ(state("10.1.0.17"), address_state::active) << "the one around it was told as well";
    table_->remove_domain(prefix("10.1.0.0", 24));
    EXPECT_EQ(state("10.1.0.17"), elsewhere_state);
}

TEST_F(AddressTableTest, ANewDomainTakesOverSessionsAndSightings) {
    add(prefix("10.1.0.0", 24), DomainKind::known);
    add(prefix("10.1.0.16", 28), DomainKind::known);
    table_->session_added(host("10.1.0.17"));
    table_->session_added(host("10.1.0.99"));
    EXPECT_TRUE(table_->sight(host("10.1.0.18")));
    add(prefix("10.1.0.0", 25), DomainKind::known);  // between the two
    EXPECT_EQ(state("10.1.0.99"), sessions);
    EXPECT_EQ(state("10.1.0.18"), sighted);
    table_->remove_domain(prefix("10.1.0.16", 28));
    EXPECT_EQ(state("10.1.0.17"), sessions);
    EXPECT_EQ(state("10.1.0.18"), sighted);
    EXPECT_EQ(table_->sessions_in(prefix("10.1.0.0", 25)), 2U);
    table_->session_removed(host("10.1.0.17"));
    EXPECT_EQ(state("10.1.0.17"), 0);
}

TEST_F(AddressTableTest, WhatFindsNoRoomChangesNothing) {
    add(prefix("10.1.0.0", 23), DomainKind::known);
    EXPECT_FALSE(table_->add_domain(prefix("10.2.0.0", 22), DomainKind::known, nobody)) << "addresses";
    EXPECT_EQ(state("10.2.0.1"), elsewhere_state);
    add(prefix("10.2.0.0", 22), DomainKind::unknown);
    EXPECT_FALSE(table_->add_domain(prefix("10.2.0.0", 22), DomainKind::known, nobody));
    EXPECT_EQ(state("10.2.0.1"), elsewhere_state);
    add(prefix("10.3.0.0", 24), DomainKind::known);
    add(prefix("10.4.0.0", 24), DomainKind::known);
    EXPECT_FALSE(table_->add_domain(prefix("10.5.0.0", 32), DomainKind::known, nobody)) << "domains";
    EXPECT_EQ(state("10.4.0.1"), 0);
}

TEST_F(AddressTableTest, APlaceComesBackAfterItsGracePeriod) {
    quiescence_.online(0);
    const std::array active{host("10.1.0.5")};
    add(prefix("10.1.0.0", 22), DomainKind::known, active);
    table_->remove_domain(prefix("10.1.0.0", 22));
    table_->reclaim();
    EXPECT_FALSE(table_->add_domain(prefix("10.2.0.0", 22), DomainKind::known, nobody))
        << "the worker may be reading it";
    quiescence_.quiescent(0, quiescence_.begun());
    table_->reclaim();
    add(prefix("10.2.0.0", 22), DomainKind::known);
    EXPECT_EQ(state("10.2.0.5"), 0) << "nothing of what was there before";
    quiescence_.offline(0);
}

TEST_F(AddressTableTest, FramesWithoutIpv4AreInNoDomain) {
    for (const std::uint8_t length : std::array<std::uint8_t, 5>{1, 8, 16, 31, 32})
        for (const auto kind : {DomainKind::known, DomainKind::unknown})
            EXPECT_FALSE(table_->add_domain(prefix("0.0.0.0", length), kind, nobody));
    EXPECT_EQ(state("0.0.0.0"), elsewhere_state);
}

TEST_F(AddressTableTest, SightingsAreAsManyAsThereIsCreditFor) {
    add(prefix("10.1.0.0", 24), DomainKind::known);
    EXPECT_TRUE(table_->sight(host("10.9.9.9"))) << "in no domain: nothing to note";
    EXPECT_TRUE(table_->sight(host("10.1.0.1")));
    EXPECT_TRUE(table_->sight(host("10.1.0.1")));
    EXPECT_TRUE(table_->sight(host("10.1.0.2")));
    EXPECT_FALSE(table_->sight(host("10.1.0.3")));
    std::array<std::uint32_t, 4> taken{};
    EXPECT_EQ(table_->take_sightings(taken), 2U);
    table_->ask_sighted(host("10.1.0.1"));
    table_->ask_sighted(host("10.1.0.2"));
    EXPECT_TRUE(table_->sight(host("10.1.0.1")));
    EXPECT_FALSE(table_->end_sighting(host("10.1.0.1")));
    EXPECT_TRUE(table_->end_sighting(host("10.1.0.2")));
    EXPECT_TRUE(table_->sight(host("10.1.0.3")));
}

/// Domains come, become known and go, in places that others had before; the one address that a worker asks
/// for is active, or in no known domain, all the time.
TEST(AddressTableStress, AnActiveAddressIsNeverSeenAsInactive) {
    constexpr int turns = 1'000;
    Quiescence quiescence = quiescence_of(1);
    const auto table =
        AddressTable::create({.addresses = 64, .domains = 4, .sightings = 2}, quiescence).value();
    const std::array active{host("10.1.0.5")};
    std::atomic<bool> stopping = false, running = false;
    std::atomic<std::uint64_t> wrong = 0;
    std::thread worker([&] {
        quiescence.online(0);
        std::array<std::uint32_t, burst_size> addresses;
        std::array<std::uint8_t, burst_size> states;
        addresses.fill(active[0]);
        while (!stopping) {
            const auto begun = quiescence.begun();
            table->lookup(addresses, states);
            for (const std::uint8_t state : states) wrong += (state & address_state::active) == 0 ? 1U : 0U;
            quiescence.quiescent(0, begun);
            running = true;
        }
        quiescence.offline(0);
    });
    while (!running) std::this_thread::yield();
    const auto wait = [&] {
        for (const auto barrier = quiescence.start(); !quiescence.reached(barrier);)
            std::this_thread::yield();
    };
    for (int turn = 0; turn < turns && wrong == 0; ++turn) {
        // Others have the first places, so that the domain begins elsewhere each time.
        const Prefix other = prefix("10.2.0.0", static_cast<std::uint8_t>(28 + turn % 4));
        EXPECT_TRUE(table->add_domain(other, DomainKind::known, nobody));
        EXPECT_TRUE(table->add_domain(prefix("10.1.0.0", 29), DomainKind::unknown, nobody));
        // The worker has found the domain, and is somewhere on its way again, when it becomes known.
        wait();
        for (int pause = turn % 64; pause > 0; --pause) rte_pause();
        EXPECT_TRUE(table->add_domain(prefix("10.1.0.0", 29), DomainKind::known, active));
        wait();
        table->remove_domain(prefix("10.1.0.0", 29));
        table->remove_domain(other);
        wait();
        table->reclaim();
    }
    stopping = true;
    worker.join();
    EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace honeyswitch::dataplane
