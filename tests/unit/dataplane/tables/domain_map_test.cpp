// The map of domains against a look at all of them.
#include "dataplane/tables/domain_map.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/tables/domain_tree.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

/// Domains by their index, as the address table keeps them: groups come back at once, as nobody reads them.
class DomainMapTest : public testing::Test {
  protected:
    void make(std::uint32_t count) {
        start_eal();
        map_.emplace(DomainMap::create(count).value());
        tree_.emplace(count);
        prefixes_.assign(count + 1, {});
    }
    void insert(Prefix prefix, DomainMap::Index index) {
        tree_->insert(prefix, index);
        map_->insert(prefix, tree_->parent(index), index);
        prefixes_[index] = prefix;
    }
    void erase(DomainMap::Index index) {
        map_->give_back(map_->erase(prefixes_[index], tree_->parent(index), index));
        tree_->erase(index);
        prefixes_[index] = {};
    }
    [[nodiscard]] DomainMap::Index expected(std::uint32_t address) const {
        DomainMap::Index best = DomainMap::none;
        for (DomainMap::Index i = 1; i < prefixes_.size(); ++i)
            if (prefixes_[i].length != 0 && prefixes_[i].contains({address, 32}) &&
                (best == DomainMap::none || prefixes_[i].length > prefixes_[best].length))
                best = i;
        return best;
    }
    void expect_right(std::uint32_t address) const {
        ASSERT_EQ(map_->find(address), expected(address)) << std::hex << address;
    }

    std::optional<DomainMap> map_;
    std::optional<DomainTree> tree_;
    std::vector<Prefix> prefixes_;  ///< by index; length 0: not there
};

TEST_F(DomainMapTest, TheMostSpecificIsFoundWhateverTheOrderInWhichTheyCome) {
    const std::array<Prefix, 6> nested{Prefix{0x0a000000, 7},  Prefix{0x0a010000, 16},
                                       Prefix{0x0a010200, 23}, Prefix{0x0a010200, 24},
                                       Prefix{0x0a010280, 25}, Prefix{0x0a0102ff, 32}};
    std::array<DomainMap::Index, 6> order{1, 2, 3, 4, 5, 6};
    std::mt19937 random(1);
    make(6);
    for (int round = 0; round < 50; ++round) {
        std::ranges::shuffle(order, random);
        for (const auto index : order) insert(nested.at(index - 1), index);
        for (const std::uint32_t address : {0x0a0102ffU, 0x0a0102feU, 0x0a010280U, 0x0a01027fU, 0x0a010200U,
                                            0x0a010300U, 0x0a010400U, 0x0a020000U, 0x0bffffffU, 0x0c000000U})
            expect_right(address);
        std::ranges::shuffle(order, random);
        for (const auto index : order) {
            erase(index);
            for (const Prefix prefix : nested) expect_right(prefix.network);
        }
    }
}

TEST_F(DomainMapTest, IsWhatALookAtAllOfThemFinds) {
    constexpr std::uint32_t count = 40;
    make(count);
    std::mt19937 random(1);
    for (int step = 0; step < 6'000; ++step) {
        const auto index = static_cast<DomainMap::Index>(1 + random() % count);
        if (prefixes_[index].length != 0) {
            erase(index);
        } else {
            // Few networks, so that many lie within each other.
            Prefix wanted{static_cast<std::uint32_t>(0x0a000000U | (random() & 0x7ffU)),
                          static_cast<std::uint8_t>(16 + random() % 17)};
            wanted.network &= ~wanted.host_mask();
            if (tree_->find(wanted) == DomainTree::none) insert(wanted, index);
        }
        for (int i = 0; i < 40; ++i)
            expect_right(static_cast<std::uint32_t>(0x0a000000U | (random() & 0xfffU)));
    }
}

TEST_F(DomainMapTest, ABurstIsLookedUpAsEachAlone) {
    make(4);
    insert({0x0a010000, 16}, 1);
    insert({0x0a010210, 28}, 2);
    std::mt19937 random(1);
    for (int round = 0; round < 100; ++round) {
        std::array<std::uint32_t, 64> addresses{};
        std::array<DomainMap::Index, 64> found{};
        const std::uint32_t width = round % 2 == 0 ? 0xffff : 0xffffff;
        for (auto& address : addresses)
            address = static_cast<std::uint32_t>(0x0a010200U ^ (random() & width & (random() | 0xffU)));
        map_->find(addresses, found.data());
        for (std::size_t i = 0; i < addresses.size(); ++i) ASSERT_EQ(found.at(i), expected(addresses.at(i)));
    }
}

TEST_F(DomainMapTest, HasRoomForAsManyAsItWasMadeForWhereverTheyAre) {
    constexpr std::uint32_t count = 1'000;
    make(count);
    for (int round = 0; round < 3; ++round) {
        for (std::uint32_t i = 1; i <= count; ++i) insert({0x0a000000 + i * 256 + 7, 32}, i);
        for (std::uint32_t i = 1; i <= count; ++i) {
            ASSERT_EQ(map_->find(0x0a000000 + i * 256 + 7), i);
            ASSERT_EQ(map_->find(0x0a000000 + i * 256 + 8), DomainMap::none);
        }
        for (std::uint32_t i = 1; i <= count; ++i) erase(i);
        ASSERT_EQ(map_->find(0x0a000000 + 256 + 7), DomainMap::none);
    }
}

}  // namespace
}  // namespace honeyswitch::dataplane
