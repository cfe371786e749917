#include "control/controller/address_book.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

constexpr TimePoint now{Milliseconds{1}};

TEST(AddressBook, NoAgentIsTakenForAnotherSource) {
    // As many agents as a configuration can have, and those that reloads brought after them.
    for (const std::uint32_t agent : {0xfffdU, 0xfffeU, 0xffffU, 0x1'0000U, 0xff'ffffU}) {
        const auto voucher = voucher_of(AgentId{agent});
        EXPECT_NE(voucher, Voucher::subnet);
        EXPECT_NE(voucher, Voucher::sighting);
        EXPECT_NE(voucher, Voucher::static_entry);
        AddressBook book;
        book.vouch({1}, voucher, now);
        EXPECT_FALSE(book.vouch({1}, Voucher::static_entry, now));
        EXPECT_FALSE(book.withdraw({1}, voucher)) << "the configuration still vouches for it";
        EXPECT_FALSE(book.vouch({1}, voucher_of(AgentId{agent & 0xff}), now));
        EXPECT_EQ(book.entries().at({1}).vouchers.size(), 2U);
    }
}

/// Who vouches for what, as a plain set of pairs.
TEST(AddressBook, AnAddressIsActiveWhileAnybodyVouchesForIt) {
    std::mt19937 random(1);
    AddressBook book;
    std::set<std::pair<Ipv4Address, Voucher>> vouched;
    const auto vouchers_of = [&](Ipv4Address address) {
        return std::ranges::count_if(vouched, [&](const auto& pair) { return pair.first == address; });
    };
    const std::array sources{voucher_of(AgentId{0}), voucher_of(AgentId{7}), Voucher::subnet,
                             Voucher::sighting, Voucher::static_entry};
    for (int step = 0; step < 5'000; ++step) {
        const Ipv4Address address{static_cast<std::uint32_t>(0x0a00ffe0U + random() % 64)};
        const Voucher voucher = sources.at(random() % sources.size());
        const auto before = vouchers_of(address);
        if (random() % 2 == 0) {
            vouched.emplace(address, voucher);
            ASSERT_EQ(book.vouch(address, voucher, now), before == 0);
        } else {
            const bool was_the_last = vouched.erase({address, voucher}) == 1 && before == 1;
            ASSERT_EQ(book.withdraw(address, voucher), was_the_last);
        }
        const auto after = vouchers_of(address);
        ASSERT_EQ(book.active(address), after != 0);
        ASSERT_EQ(book.vouched_only_by(address, voucher), after == 1 && vouched.contains({address, voucher}));
        ASSERT_EQ(book.entries().contains(address), after != 0);
    }
    const auto half = Ipv4Prefix::of({0x0a010000}, 27);
    for (const Voucher voucher : sources) {
        std::vector<Ipv4Address> expected;
        for (const auto& [address, by] : vouched)
            if (by == voucher && half.contains(address)) expected.push_back(address);
        EXPECT_EQ(book.vouched_in(half, voucher), expected);
    }
    while (!vouched.empty()) {
        (void)book.withdraw(vouched.begin()->first, vouched.begin()->second);
        vouched.erase(vouched.begin());
    }
    EXPECT_TRUE(book.entries().empty());
    EXPECT_EQ(book.count_in(Ipv4Prefix::of({0x0a000000}, 8)), 0U);
}

TEST(AddressBook, ItsAgeIsThatOfTheFirstVoucher) {
    AddressBook book;
    book.vouch({1}, Voucher::sighting, now);
    book.vouch({1}, Voucher::subnet, now + Milliseconds{5});
    (void)book.withdraw({1}, Voucher::sighting);
    EXPECT_EQ(book.entries().at({1}).since, now);
    (void)book.withdraw({1}, Voucher::subnet);
    book.vouch({1}, Voucher::subnet, now + Milliseconds{9});
    EXPECT_EQ(book.entries().at({1}).since, now + Milliseconds{9});
}

TEST(AddressBook, CountsWhatIsInAPrefix) {
    std::mt19937 random(1);
    AddressBook book;
    for (int i = 0; i < 3'000; ++i)
        book.vouch({static_cast<std::uint32_t>(0x0a000000U + random() % 0x30000)}, Voucher::sighting, now);
    for (int i = 0; i < 1'000; ++i)
        (void)book.withdraw({static_cast<std::uint32_t>(0x0a000000U + random() % 0x30000)},
                            Voucher::sighting);
    for (unsigned length = 8; length <= 32; ++length)
        for (int i = 0; i < 50; ++i) {
            const auto prefix =
                Ipv4Prefix::of({static_cast<std::uint32_t>(0x0a000000U + random() % 0x40000)}, length);
            ASSERT_EQ(book.count_in(prefix), book.active_in(prefix).size()) << to_string(prefix);
        }
    EXPECT_EQ(book.count_in({{}, 0}), book.entries().size());
    const auto last = Ipv4Prefix::of({0xffffffff}, 32);
    book.vouch(last.network, Voucher::sighting, now);
    EXPECT_EQ(book.count_in(last), 1U);
    EXPECT_EQ(book.count_in(Ipv4Prefix::of(last.network, 8)), 1U);
}

}  // namespace
}  // namespace honeyswitch::control
