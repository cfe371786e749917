// Listed sources against a plain list of prefixes.
#include "dataplane/tables/source_table.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>
#include <utility>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

class ListedTableTest : public testing::Test {
  protected:
    ListedTableTest() {
        start_eal();
        quiescence_.emplace(Quiescence::create(1).value());
    }
    void make(std::uint32_t capacity) { table_ = SourceTable::create(capacity, *quiescence_).value(); }
    void set(Prefix prefix, Listing listing) {
        ASSERT_TRUE(table_->set(prefix, listing));
        if (listing.empty())
            model_.erase({prefix.length, prefix.network});
        else
            model_[{prefix.length, prefix.network}] = listing;
    }
    [[nodiscard]] std::uint64_t expected(std::uint32_t source) const {
        std::uint64_t bits = 0;
        for (const auto& [key, listing] : model_)
            if (Prefix{key.second, key.first}.contains({source, 32})) bits |= listing.bits();
        return bits;
    }

    std::optional<Quiescence> quiescence_;
    std::unique_ptr<SourceTable> table_;
    std::map<std::pair<std::uint8_t, std::uint32_t>, Listing> model_;  ///< by length and network
};

TEST_F(ListedTableTest, SaysOfASourceWhatAllPrefixesAroundItSay) {
    make(200);
    std::mt19937 random(1);
    for (int step = 0; step < 4'000; ++step) {
        Prefix prefix{static_cast<std::uint32_t>(0x0a000000U | (random() & 0xfffffU)),
                      static_cast<std::uint8_t>(10 + random() % 23)};
        prefix.network &= ~prefix.host_mask();
        const bool known = model_.contains({prefix.length, prefix.network});
        if (!known && model_.size() >= 150) {
            const auto& [key, listing] = *model_.begin();
            set({key.second, key.first}, Listing());
        }
        Listing listing = table_->at(prefix).with_lists(random() % 4 == 0 ? 0 : 1ULL << random() % 48);
        if (prefix.length == 32 && random() % 2 == 0) listing = listing.moved(3, 7);
        set(prefix, listing);
        ASSERT_EQ(table_->size(), model_.size());
        const auto on_a_list =
            std::ranges::count_if(model_, [](const auto& entry) { return entry.second.lists() != 0; });
        ASSERT_EQ(table_->lists_none(), on_a_list == 0);
        for (const std::uint32_t source :
             std::array{prefix.network, prefix.network | prefix.host_mask(),
                        static_cast<std::uint32_t>(0x0a000000U | (random() & 0xfffffU))}) {
            const std::uint64_t bits = expected(source);
            ASSERT_EQ(table_->find(source).bits(), bits) << std::hex << source;
            ASSERT_TRUE(bits == 0 || table_->may_list(source));
        }
    }
    while (!model_.empty()) set({model_.begin()->first.second, model_.begin()->first.first}, Listing());
    for (std::uint32_t network = 0x0a000000; network < 0x0a100000; network += 256)
        ASSERT_FALSE(table_->may_list(network)) << "nothing is left behind";
    EXPECT_FALSE(table_->holds_any());
}

TEST_F(ListedTableTest, HoldsAsManyAsItsCapacityWhateverTheyAre) {
    make(5'000);
    std::mt19937 random(1);
    for (int round = 0; round < 3; ++round) {
        while (model_.size() < 5'000) set({static_cast<std::uint32_t>(random()), 32}, Listing(1));
        EXPECT_FALSE(table_->set({0x01020300, 24}, Listing(1)));
        EXPECT_FALSE(table_->at({0x01020300, 24}).lists() != 0);
        set({model_.begin()->first.second, 32}, Listing(2));
        while (!model_.empty()) set({model_.begin()->first.second, 32}, Listing());
    }
}

TEST_F(ListedTableTest, EveryListAndPoolHasItsPlace) {
    make(4);
    constexpr std::uint64_t all = (1ULL << limits::lists) - 1;
    const Prefix source{0xc6336407, 32};
    constexpr std::uint8_t last = limits::pools - 1;
    constexpr std::array<std::array<std::uint8_t, 2>, 3> moves{{{0, last}, {last, 0}, {last, last}}};
    for (const auto& [from, to] : moves) {
        set(source, Listing().moved(from, to).with_lists(all));
        EXPECT_EQ(table_->find(source.network).lists(), all);
        EXPECT_EQ(table_->find(source.network).pool_for(from), to);
        EXPECT_EQ(table_->find(source.network).not_moved().bits(), all);
    }
}

}  // namespace
}  // namespace honeyswitch::dataplane
