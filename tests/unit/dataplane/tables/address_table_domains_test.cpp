// Domains come, lie within each other, and go: what their addresses are then.
#include <gtest/gtest.h>

#include "dataplane/tables/address_table.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

constexpr Prefix wide{0x0a010000, 16}, narrow{0x0a010200, 24};
constexpr std::uint32_t in_narrow = 0x0a010203, in_wide = 0x0a010303;

class AddressTableDomains : public testing::Test {
  protected:
    AddressTableDomains() {
        start_eal();
        quiescence_.emplace(Quiescence::create(1).value());
    }
    void make(AddressTable::Capacity capacity) {
        table_ = AddressTable::create(capacity, *quiescence_).value();
    }
    void add(Prefix prefix, DomainKind kind = DomainKind::known, std::vector<std::uint32_t> active = {}) {
        ASSERT_TRUE(table_->add_domain(prefix, kind, active));
    }
    [[nodiscard]] std::uint8_t state(std::uint32_t address) const {
        std::uint8_t found = 0;
        table_->lookup(std::span(&address, 1), std::span(&found, 1));
        return found;
    }
    [[nodiscard]] bool inside(std::uint32_t address) const {
        return (state(address) & address_state::active) != 0;
    }

    std::optional<Quiescence> quiescence_;
    std::unique_ptr<AddressTable> table_;
};

TEST_F(AddressTableDomains, TheMostSpecificOneDecides) {
    make({.addresses = 1 << 17, .domains = 4, .sightings = 4});
    add(wide);
    add(narrow, DomainKind::unknown);
    EXPECT_FALSE(inside(in_wide));
    EXPECT_TRUE(inside(in_narrow));
    table_->remove_domain(narrow);
    EXPECT_FALSE(inside(in_narrow)) << "it is the wide one's again";
}

TEST_F(AddressTableDomains, ADomainWithinAnotherKnowsItsSessions) {
    make({.addresses = 1 << 17, .domains = 4, .sightings = 4});
    add(wide);
    table_->session_added(in_narrow);
    table_->session_added(in_narrow);
    table_->session_added(in_wide);
    add(narrow);
    EXPECT_NE(state(in_narrow) & address_state::sessions, 0);
    EXPECT_EQ(table_->sessions_in(narrow), 2U);
    EXPECT_EQ(table_->sessions_in(wide), 3U);
    table_->session_removed(in_narrow);
    table_->session_removed(in_wide);
    EXPECT_EQ(table_->sessions_in(narrow), 1U);
    EXPECT_EQ(table_->sessions_in(wide), 1U);
}

TEST_F(AddressTableDomains, ADomainAroundOthersKnowsTheirSessions) {
    make({.addresses = 1 << 17, .domains = 4, .sightings = 4});
    add(narrow);
    table_->session_added(in_narrow);
    add(wide);
    EXPECT_EQ(table_->sessions_in(wide), 1U);
    table_->remove_domain(narrow);
    EXPECT_NE(state(in_narrow) & address_state::sessions, 0);
    table_->session_removed(in_narrow);
    EXPECT_EQ(table_->sessions_in(wide), 0U);
    EXPECT_EQ(state(in_narrow) & address_state::sessions, 0);
}

TEST_F(AddressTableDomains, AnUnknownOneKeepsStatesWhenItIsTold) {
    make({.addresses = 256, .domains = 4, .sightings = 4});
    add(narrow, DomainKind::unknown);
    table_->session_added(in_narrow);
    EXPECT_EQ(state(in_narrow) & address_state::sessions, 0) << "nobody told it";
    ASSERT_TRUE(table_->keep_states(narrow));
    table_->session_added(in_narrow);
    EXPECT_NE(state(in_narrow) & address_state::sessions, 0);
    EXPECT_TRUE(inside(in_narrow)) << "what has no session there goes inside as before";
    EXPECT_EQ(table_->sessions_in(narrow), 1U);
    EXPECT_TRUE(table_->restore_sighting(in_narrow, false));
    ASSERT_TRUE(table_->keep_states(narrow)) << "once more changes nothing";
    EXPECT_EQ(table_->sessions_in(narrow), 1U);
    add(narrow, DomainKind::known);
    EXPECT_NE(state(in_narrow) & address_state::sessions, 0);
    EXPECT_NE(state(in_narrow) & address_state::sighted, 0);
    add({0x0a020000, 24}, DomainKind::unknown);
    EXPECT_FALSE(table_->keep_states({0x0a020000, 24})) << "there is no room";
}

TEST_F(AddressTableDomains, WhatARemovedOneHadIsHandedOutAnew) {
    make({.addresses = 256, .domains = 1, .sightings = 4});
    add(narrow, DomainKind::known, {in_narrow});
    table_->session_added(in_narrow);
    for (int round = 0; round < 3; ++round) {
        table_->remove_domain(narrow);
        add(narrow);
        EXPECT_FALSE(inside(in_narrow));
        EXPECT_EQ(table_->sessions_in(narrow), 0U);
    }
}

TEST_F(AddressTableDomains, WhatFindsNoRoomLeavesNothingBehind) {
    make({.addresses = 256, .domains = 2, .sightings = 4});
    const auto refused = table_->add_domain(wide, DomainKind::known, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message(), "cannot add a domain: the capacity of addresses is used up");
    add(narrow);
    add({0x0a020000, 16}, DomainKind::unknown);
    EXPECT_FALSE(table_->add_domain({0x0a030000, 16}, DomainKind::unknown, {}));
    EXPECT_FALSE(inside(in_narrow));
}

/// As many as the greatest configuration can have, side by side or each in a /24 of its own. Work that grew
/// with their square would not end.
TEST_F(AddressTableDomains, TensOfThousandsOfThemComeAndGo) {
    constexpr std::uint32_t count = 65'536;
    make({.addresses = count * 16, .domains = count, .sightings = 4});
    for (const std::uint32_t distance : {16U, 256U}) {
        for (std::uint32_t i = 0; i < count; ++i) add({0x0a000000 + i * distance, 28});
        EXPECT_FALSE(inside(0x0a000000 + (count - 1) * distance));
        for (std::uint32_t i = 0; i < count; ++i) table_->remove_domain({0x0a000000 + i * distance, 28});
        EXPECT_TRUE(inside(0x0a000000));
    }
    add({0x0a000000, 12});
    EXPECT_FALSE(inside(0x0a000000));
}

TEST_F(AddressTableDomains, AGroupOfTheMapIsUsedAgainAfterItsGracePeriod) {
    make({.addresses = 64, .domains = 2, .sightings = 4});
    quiescence_->online(0);
    for (std::uint32_t round = 0; round < 20; ++round) {
        const Prefix one{0x0a000000 + round * 512, 30}, other{0x0a000000 + round * 512 + 256, 30};
        add(one);
        add(other);
        EXPECT_FALSE(inside(one.network));
        EXPECT_FALSE(inside(other.network));
        EXPECT_TRUE(inside(one.network + 4));
        table_->remove_domain(one);
        table_->remove_domain(other);
        EXPECT_FALSE(table_->add_domain(one, DomainKind::known, {})) << "the worker may be reading it";
        quiescence_->quiescent(0, quiescence_->begun());
        table_->reclaim();
    }
    quiescence_->offline(0);
}

}  // namespace
}  // namespace honeyswitch::dataplane
