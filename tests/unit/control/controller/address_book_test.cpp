#include "control/controller/address_book.hpp"

#include <random>

#include <gtest/gtest.h>

namespace honeyswitch::control {
namespace {

constexpr TimePoint now{Milliseconds{1}};

TEST(AddressBook, NoAgentIsTakenForAnotherSource) {
    // As many agents as a configuration can have, and those that reloads brought after them.
    for (const std::uint32_t agent : {0xfffdU, 0xfffeU, 0xffffU, 0x1'0000U, 0xff'ffffU}) {
        const auto source = source_of(AgentId{agent});
        EXPECT_NE(source, Source::subnet);
        EXPECT_NE(source, Source::sighting);
        EXPECT_NE(source, Source::static_entry);
        AddressBook book;
        book.vouch({1}, source, now);
        EXPECT_FALSE(book.vouch({1}, Source::static_entry, now));
        EXPECT_FALSE(book.withdraw({1}, source)) << "the configuration still vouches for it";
        EXPECT_FALSE(book.vouch({1}, source_of(AgentId{agent & 0xff}), now));
        EXPECT_EQ(book.entries().at({1}).vouchers.size(), 2U);
    }
}

TEST(AddressBook, CountsWhatIsInAPrefix) {
    std::mt19937 random(1);
    AddressBook book;
    for (int i = 0; i < 3'000; ++i)
        book.vouch({static_cast<std::uint32_t>(0x0a000000U + random() % 0x30000)}, Source::sighting, now);
    for (int i = 0; i < 1'000; ++i)
        (void)book.withdraw({static_cast<std::uint32_t>(0x0a000000U + random() % 0x30000)}, Source::sighting);
    for (unsigned length = 8; length <= 32; ++length)
        for (int i = 0; i < 50; ++i) {
            const auto prefix =
                Ipv4Prefix::of({static_cast<std::uint32_t>(0x0a000000U + random() % 0x40000)}, length);
            ASSERT_EQ(book.count_in(prefix), book.active_in(prefix).size()) << to_string(prefix);
        }
    EXPECT_EQ(book.count_in({{}, 0}), book.entries().size());
    const auto last = Ipv4Prefix::of({0xffffffff}, 32);
    book.vouch(last.network, Source::sighting, now);
    EXPECT_EQ(book.count_in(last), 1U);
    EXPECT_EQ(book.count_in(Ipv4Prefix::of(last.network, 8)), 1U);
}

}  // namespace
}  // namespace honeyswitch::control
