#include "base/address.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::agent {
namespace {

TEST(Address, ReadsDottedQuads) {
    EXPECT_EQ(parse_address("10.1.2.3"), Ipv4Address{0x0a010203});
    EXPECT_EQ(to_string(Ipv4Address{0xffffffff}), "255.255.255.255");
    for (const char* const bad : {"", "10.1.2", "10.1.2.256", "10.1.2.3 ", "::1", "10.1.2.3/32"})
        EXPECT_FALSE(parse_address(bad)) << bad;
    EXPECT_FALSE(parse_address(std::string_view("10.1.2.3\0", 9)));
}

TEST(Prefix, RefusesWhatIsNotExact) {
    EXPECT_EQ(parse_prefix("10.1.0.0/16"), (Ipv4Prefix{{0x0a010000}, 16}));
    EXPECT_EQ(parse_prefix("0.0.0.0/0"), (Ipv4Prefix{{0}, 0}));
    for (const char* const bad :
         {"10.1.0.0", "10.1.0.0/", "10.1.0.0/33", "10.1.0.0/-1", "10.1.0.0/1x", "x/8"})
        EXPECT_FALSE(parse_prefix(bad)) << bad;
    EXPECT_EQ(parse_prefix("10.1.0.1/16").error(),
              "'10.1.0.1/16' has bits below its mask; did you mean 10.1.0.0/16?");
}

TEST(Prefix, KnowsWhatItHolds) {
    const auto campus = Ipv4Prefix::of({0x0a010203}, 16);
    EXPECT_TRUE(campus.contains(Ipv4Address{0x0a01ffff}));
    EXPECT_FALSE(campus.contains(Ipv4Address{0x0a020000}));
    EXPECT_TRUE(campus.contains(Ipv4Prefix::of({0x0a010200}, 24)));
    EXPECT_FALSE(Ipv4Prefix::of({0x0a010200}, 24).contains(campus));
    EXPECT_TRUE(Ipv4Prefix::of({0x0a010200}, 24).overlaps(campus));
    EXPECT_EQ(campus.size(), 65536U);
    EXPECT_EQ(Ipv4Prefix::of({7}, 0).size(), std::uint64_t{1} << 32);
    EXPECT_EQ(Ipv4Prefix::of({7}, 32).last(), Ipv4Address{7});
}

TEST(Mac, ReadsSixPairs) {
    EXPECT_EQ(to_string(*parse_mac("02:00:5E:00:00:0f")), "02:00:5e:00:00:0f");
    for (const char* const bad :
         {"", "02:00:5e:00:00", "02-00-5e-00-00-0f", "02:00:5e:00:00:0g", "02:00:5e:00:00:0f0"})
        EXPECT_FALSE(parse_mac(bad)) << bad;
}

}  // namespace
}  // namespace honeyswitch::agent
