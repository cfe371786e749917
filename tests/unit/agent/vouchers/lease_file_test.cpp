#include "agent/vouchers/lease_file.hpp"

#include <gtest/gtest.h>

#include "agent/vouchers/static_list.hpp"

namespace honeyswitch::agent {
namespace {

using std::chrono::seconds;

WallClock::time_point epoch(std::int64_t second) {
    return WallClock::time_point(seconds(second));
}
constexpr auto never = WallClock::time_point::max();
constexpr Ipv4Address five{0x0a000005}, six{0x0a000006};

TEST(IscDhcpd, TheLastEntryOfAnAddressCounts) {
    const auto leases =
        parse_isc_dhcpd(R"(# The format of this file is documented in the dhcpd.leases(5) manual page.
authoring-byte-order little-endian;
server-duid "\000\001\000\001 lease 10.0.0.9 { \"";
lease 10.0.0.5 {
  starts 1 2026/11/23 10:00:00;
  ends 1 2026/11/23 11:00:00;
  binding state active;
  next binding state free;
  hardware ethernet 02:00:00:00:00:05;
  client-hostname "a } \" lease";
}
lease 10.0.0.6 { ends never; binding state active; }
lease 10.0.0.5 { starts epoch 1795431600; # Mon
  ends epoch 1795435200; # Mon Nov 23
  on expiry { set x = "}"; }
  binding state active;
}
lease 10.0.0.7 { ends never; binding state active; }
lease 10.0.0.7 { ends 1 2026/11/23 11:00:00; binding state free; }
)");
    EXPECT_EQ(leases.active,
              (std::map<Ipv4Address, WallClock::time_point>{{five, epoch(1795435200)}, {six, never}}));
    EXPECT_EQ(leases.entries, 5U);
    EXPECT_EQ(leases.malformed, 0U);
}

TEST(IscDhcpd, TimesAreUniversal) {
    const auto leases =
        parse_isc_dhcpd("lease 10.0.0.5 { ends 1 2026/11/23 11:00:00; binding state active; }");
    EXPECT_EQ(leases.active.at(five), epoch(1795431600));
}

TEST(IscDhcpd, TimesBeforeTheClockBeginsAreLongOver) {
    for (const std::string ends : {"2 1026/11/23 11:00:00", "epoch -9000000000000000000"}) {
        const auto leases = parse_isc_dhcpd("lease 10.0.0.5 { ends " + ends + "; binding state active; }");
        EXPECT_EQ(leases.active.at(five), epoch(0)) << ends;
    }
}

TEST(IscDhcpd, LeavesOutWhatItCannotReadAndWhatIsNotCompleteYet) {
    struct Row {
        const char* text;
        std::uint64_t entries, malformed, active;
    };
    for (const auto& [text, entries, malformed, active] :
         {Row{"", 0, 0, 0}, Row{"lease", 0, 0, 0}, Row{"lease 10.0.0.5 {", 0, 0, 0},
          Row{"lease 10.0.0.5 { ends never; binding state active; ", 0, 0, 0},
          Row{"lease 10.0.0.500 { ends never; binding state active; }", 1, 1, 0},
          Row{"lease 10.0.0.5 { binding state active; }", 1, 1, 0},
          Row{"lease 10.0.0.5 { ends 1 2026/13/23 11:00:00; binding state active; }", 1, 1, 0},
          Row{"lease 10.0.0.5 { ends epoch 99999999999999; binding state active; }", 1, 0, 1},
          Row{"host x { hardware ethernet 02:00:00:00:00:01; } lease 10.0.0.5 { ends never; binding state "
              "active; }",
              1, 0, 1},
          Row{"\"never closed", 0, 0, 0}, Row{"}}}};;;", 0, 0, 0}}) {
        const auto leases = parse_isc_dhcpd(text);
        EXPECT_EQ(leases.entries, entries) << text;
        EXPECT_EQ(leases.malformed, malformed) << text;
        EXPECT_EQ(leases.active.size(), active) << text;
    }
}

TEST(KeaMemfile, ReadsColumnsByNameAndTheLastLineCounts) {
    const auto leases = parse_kea_memfile(
        "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_"
        "context\n"
        "10.0.0.5,02:00:00:00:00:05,,3600,1795431600,1,0,0,a&#x2cb,0,\n"
        "10.0.0.6,02:00:00:00:00:06,,4294967295,1795431600,1,0,0,,0,\r\n"
        "10.0.0.7,02:00:00:00:00:07,,3600,1795431600,1,0,0,,0,\n"
        "10.0.0.7,02:00:00:00:00:07,,3600,1795431600,1,0,0,,2,\n"
        "10.0.0.8,02:00:00:00:00:08,,3600,1795431600,1,0,0,,1,\n"
        "10.0.0.9,02:00:00:00:00:09,,0,1795431600,1,0,0,,0,\n"
        "10.0.0.5,02:00:00:00:00:05,,3600,1795435200,1,0,0,,0,\n"
        "nonsense\n"
        "10.0.0.10,02:00:00:00:00:05,,3600,17954");
    EXPECT_EQ(leases.active,
              (std::map<Ipv4Address, WallClock::time_point>{{five, epoch(1795435200)}, {six, never}}));
    EXPECT_EQ(leases.entries, 8U);
    EXPECT_EQ(leases.malformed, 1U);
    EXPECT_EQ(
        parse_kea_memfile("address,expire,state,valid_lifetime\n10.0.0.5,1795435200,0,60\n").active.at(five),
        epoch(1795435200));
}

TEST(StaticList, HasAddressesAndPrefixesAndSaysWhereItIsWrong) {
    const auto list = parse_static_list("list", "# routers\n10.0.0.5\n  10.1.0.0/24 # printers\r\n\n");
    ASSERT_TRUE(list);
    EXPECT_EQ(*list, (std::vector{Ipv4Prefix::of(five, 32), *parse_prefix("10.1.0.0/24")}));
    const auto wrong = parse_static_list("a.list", "10.0.0.5\n\n10.0.0.256\n");
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().sentence(), "a.list:3: '10.0.0.256' is not an IPv4 address");
}

}  // namespace
}  // namespace honeyswitch::agent
