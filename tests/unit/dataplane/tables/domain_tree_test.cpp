#include "dataplane/tables/domain_tree.hpp"

#include <random>

#include <gtest/gtest.h>

#include "base/address.hpp"

namespace honeyswitch::dataplane {
namespace {

Prefix prefix(std::string_view text) {
    const auto parsed = parse_prefix(text).value();
    return {parsed.network.value, parsed.length};
}

TEST(DomainTree, AParentIsTheNextLessSpecificPrefix) {
    DomainTree tree(8);
    tree.insert(prefix("10.0.0.0/8"), 1);
    tree.insert(prefix("10.1.0.0/16"), 2);
    tree.insert(prefix("10.1.2.0/24"), 3);
    tree.insert(prefix("10.2.0.0/16"), 4);
    tree.insert(prefix("11.0.0.0/8"), 5);
    EXPECT_EQ(tree.parent(3), 2U);
    EXPECT_EQ(tree.parent(2), 1U);
    EXPECT_EQ(tree.parent(4), 1U);
    EXPECT_EQ(tree.parent(1), DomainTree::none);
    EXPECT_EQ(tree.parent(5), DomainTree::none);
}

TEST(DomainTree, WhatIsAroundAPrefixNeedNotStandBesideIt) {
    DomainTree tree(8);
    tree.insert(prefix("10.0.0.0/8"), 1);
    tree.insert(prefix("10.1.0.0/16"), 2);
    tree.insert(prefix("10.1.0.0/24"), 3);
    EXPECT_EQ(tree.covering(prefix("10.1.9.0/24")), 2U);
    EXPECT_EQ(tree.covering(prefix("10.9.0.0/24")), 1U);
    EXPECT_EQ(tree.covering(prefix("10.1.0.0/16")), 1U) << "a prefix is not around itself";
    EXPECT_EQ(tree.covering(prefix("9.0.0.0/24")), DomainTree::none);
    EXPECT_EQ(tree.covering(prefix("11.0.0.0/24")), DomainTree::none);
}

TEST(DomainTree, APrefixAroundOthersBecomesTheirParentAndHandsThemBack) {
    DomainTree tree(8);
    tree.insert(prefix("10.0.0.0/8"), 1);
    tree.insert(prefix("10.1.1.0/24"), 2);
    tree.insert(prefix("10.1.1.0/28"), 3);
    EXPECT_EQ(tree.insert(prefix("10.1.0.0/16"), 4), 1U) << "the /28 keeps the /24";
    EXPECT_EQ(tree.parent(2), 4U);
    EXPECT_EQ(tree.parent(3), 2U);
    tree.erase(4);
    EXPECT_EQ(tree.parent(2), 1U);
    EXPECT_EQ(tree.find(prefix("10.1.0.0/16")), DomainTree::none);
}

TEST(DomainTree, WithinAreTheLessSpecificFirst) {
    DomainTree tree(8);
    tree.insert(prefix("10.1.1.0/28"), 1);
    tree.insert(prefix("10.1.2.0/24"), 2);
    tree.insert(prefix("10.1.1.0/24"), 3);
    tree.insert(prefix("10.2.0.0/16"), 4);
    EXPECT_EQ(tree.within(prefix("10.1.0.0/16")), (std::vector<DomainTree::Index>{3, 2, 1}));
    EXPECT_EQ(tree.within(prefix("10.1.1.0/24")), std::vector<DomainTree::Index>{1});
    EXPECT_TRUE(tree.within(prefix("10.3.0.0/16")).empty());
}

TEST(DomainTree, NeighboursConcernNobody) {
    constexpr std::uint32_t count = 50'000;
    DomainTree tree(count);
    std::size_t relinked = 0;
    for (std::uint32_t i = 1; i <= count; ++i) relinked += tree.insert({0x0a000000 + i * 16, 28}, i);
    EXPECT_EQ(relinked, 0U);
    EXPECT_EQ(tree.size(), count);
}

/// What a look at all of them would find.
DomainTree::Index around(const std::vector<Prefix>& prefixes, std::size_t index) {
    DomainTree::Index best = DomainTree::none;
    for (std::size_t i = 1; i < prefixes.size(); ++i)
        if (i != index && prefixes[i].length != 0 && prefixes[i].contains(prefixes[index]) &&
            (best == DomainTree::none || prefixes[i].length > prefixes[best].length))
            best = static_cast<DomainTree::Index>(i);
    return best;
}

TEST(DomainTree, ParentsAreThoseThatALookAtAllPrefixesFinds) {
    std::mt19937 random(1);
    constexpr std::size_t count = 60;
    DomainTree tree(count);
    std::vector<Prefix> prefixes(count + 1);  // by index; length 0: not there
    for (int step = 0; step < 3'000; ++step) {
        const auto index = static_cast<DomainTree::Index>(1 + random() % count);
        if (prefixes[index].length != 0) {
            tree.erase(index);
            prefixes[index] = {};
        } else {
            Prefix wanted{static_cast<std::uint32_t>(0x0a000000U | (random() & 0xffffU) << 8),
                          static_cast<std::uint8_t>(9 + random() % 20)};
            wanted.network &= ~wanted.host_mask();
            if (tree.find(wanted) != DomainTree::none) continue;
            tree.insert(wanted, index);
            prefixes[index] = wanted;
        }
        for (std::size_t i = 1; i <= count; ++i) {
            if (prefixes[i].length == 0) continue;
            ASSERT_EQ(tree.parent(static_cast<DomainTree::Index>(i)), around(prefixes, i)) << step;
        }
    }
}

}  // namespace
}  // namespace honeyswitch::dataplane
