// Which address of a controller's name is used, and when the name is resolved again.
#include "agent/sockets/address_choice.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;

SocketAddress address(const std::string& text) {
    return resolve(ControllerName::parse(text).value()).value().at(0);
}

constexpr auto patience = AddressChoice::patience;
const Clock::time_point start{1h};

TEST(AddressChoice, ResolvesAgainOnlyWhenTheControllerIsSilent) {
    AddressChoice choice(false);
    EXPECT_TRUE(choice.wants_resolution(start));
    EXPECT_FALSE(choice.wants_resolution(start)) << "the answer is awaited";
    EXPECT_EQ(choice.resolved({address("192.0.2.1")}, start), address("192.0.2.1"));
    for (auto now = start; now < start + 1h; now += 1s) {
        choice.heard(now);
        EXPECT_FALSE(choice.wants_resolution(now));
    }
    EXPECT_FALSE(choice.wants_resolution(start + 1h));
    EXPECT_TRUE(choice.wants_resolution(start + 1h + patience));
    EXPECT_EQ(choice.resolved({address("192.0.2.9")}, start + 1h + patience), address("192.0.2.9"))
        << "it moved";
}

TEST(AddressChoice, TriesTheNextOfSeveralAddresses) {
    AddressChoice choice(false);
    const std::vector addresses{address("[2001:db8::1]"), address("192.0.2.1"), address("192.0.2.2")};
    auto now = start;
    for (const auto expected : {0U, 1U, 2U, 0U}) {
        ASSERT_TRUE(choice.wants_resolution(now));
        EXPECT_EQ(choice.resolved(addresses, now), addresses[expected]);
        EXPECT_FALSE(choice.wants_resolution(now + patience / 2));
        now += patience;
    }
    ASSERT_TRUE(choice.wants_resolution(now));
    choice.heard(now);
    EXPECT_EQ(choice.resolved(addresses, now), std::nullopt) << "it answered meanwhile";
}

TEST(AddressChoice, TriesUntilTheNameIsKnownAndTellsEachReasonOnce) {
    AddressChoice choice(false);
    auto now = start;
    for (const bool news : {true, false, false}) {
        ASSERT_TRUE(choice.wants_resolution(now));
        EXPECT_EQ(choice.unresolved("no such name", now), news);
        EXPECT_GT(choice.due(), now);
        now = choice.due();
    }
    ASSERT_TRUE(choice.wants_resolution(now));
    EXPECT_EQ(choice.resolved({address("192.0.2.1")}, now), address("192.0.2.1"));
    now = choice.due();
    ASSERT_TRUE(choice.wants_resolution(now));
    EXPECT_TRUE(choice.unresolved("no such name", now)) << "again";
}

TEST(AddressChoice, AnAddressIsNotLookedUpAgainOnceItCouldBeReached) {
    AddressChoice choice(true);
    ASSERT_TRUE(choice.wants_resolution(start));
    EXPECT_TRUE(choice.resolved({address("192.0.2.1")}, start));
    EXPECT_TRUE(choice.unresolved("no route", start));
    ASSERT_TRUE(choice.wants_resolution(choice.due()));
    EXPECT_TRUE(choice.resolved({address("192.0.2.1")}, start + 1min)) << "there is a route now";
    EXPECT_EQ(choice.due(), Clock::time_point::max());
}

TEST(ControllerName, IsAHostAndAPort) {
    struct Row {
        const char *text, *host, *port;
        bool is_address;
    };
    for (const auto& [text, host, port, is_address] :
         {Row{"192.0.2.1", "192.0.2.1", "6466", true}, Row{"192.0.2.1:7", "192.0.2.1", "7", true},
          Row{"[2001:db8::1]", "2001:db8::1", "6466", true}, Row{"[2001:db8::1]:7", "2001:db8::1", "7", true},
          Row{"switch.example", "switch.example", "6466", false},
          Row{"switch.example:7", "switch.example", "7", false}}) {
        const auto name = ControllerName::parse(text);
        ASSERT_TRUE(name) << text;
        EXPECT_EQ(name->host, host);
        EXPECT_EQ(name->port, port);
        EXPECT_EQ(name->is_address, is_address);
    }
    for (const char* const text : {"", ":7", "a:", "a:0", "a:65536", "a:http", "2001:db8::1", "[]:7"})
        EXPECT_FALSE(ControllerName::parse(text)) << text;
}

}  // namespace
}  // namespace honeyswitch::agent
