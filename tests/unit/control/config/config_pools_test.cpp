// Pools and honeypots in the configuration file.
#include <array>

#include <gtest/gtest.h>

#include "tests/unit/control/config/config_text.hpp"

namespace honeyswitch::control {
namespace {

TEST(Pools, AreOneIfNoneIsWritten) {
    const auto config = sound(one_honeypot);
    ASSERT_EQ(config.pools.size(), 1U);
    EXPECT_EQ(config.pools[0].name, "default");
    ASSERT_EQ(config.honeypots.size(), 1U);
    EXPECT_EQ(config.honeypots[0].pool, 0U);
    EXPECT_EQ(config.honeypots[0].port, 0U);
    EXPECT_EQ(sound("[[honeypot]]\nname = \"a\"\npool = \"default\"").honeypots[0].pool, 0U);
}

TEST(Pools, AreReadWithTheirHoneypots) {
    const auto config = sound(R"(
[[honeypot]]
name = "sandbox"
mac = "02:00:00:00:00:66"
vlan = 66
port = "dev:high"
pool = "high"
weight = 7
check = "tcp:22"
[[honeypot]]
name = "plain"
[[pool]]
name = "low"
[[pool]]
name = "high"
affinity = "session"
when_none = "drop"
on_failure = "stay"
)");
    ASSERT_EQ(config.pools.size(), 2U);
    EXPECT_EQ(config.pools[0].affinity, Affinity::source);
    EXPECT_EQ(config.pools[0].when_none, Pool::WhenNone::inside);
    EXPECT_EQ(config.pools[0].on_failure, Pool::OnFailure::move);
    EXPECT_EQ(config.pools[1].affinity, Affinity::session);
    EXPECT_EQ(config.pools[1].when_none, Pool::WhenNone::drop);
    EXPECT_EQ(config.pools[1].on_failure, Pool::OnFailure::stay);
    ASSERT_EQ(config.honeypots.size(), 2U);
    const auto& sandbox = config.honeypots[0];
    EXPECT_EQ(sandbox.mac, parse_mac("02:00:00:00:00:66").value());
    EXPECT_EQ(sandbox.vlan, 66);
    EXPECT_EQ(sandbox.port, 1U);
    EXPECT_EQ(sandbox.pool, 1U);
    EXPECT_EQ(sandbox.weight, 7U);
    EXPECT_EQ(sandbox.check_tcp_port, 22);
    const auto& plain = config.honeypots[1];
    EXPECT_FALSE(plain.mac || plain.vlan || plain.check_tcp_port);
    EXPECT_EQ(plain.port, 0U);
    EXPECT_EQ(plain.pool, 0U);
    EXPECT_EQ(plain.weight, 1U);
}

TEST(Pools, AreRefusedWithPlaceAndReason) {
    const std::string honeypot = "[[honeypot]]\nname = \"x\"\n";
    const std::array rows{
        Row{"[[pool]]\nname = \"x\"\naffinity = \"port\"",
            "3:12: [[pool]] 'x': affinity 'port' is not one of source, destination, session"},
        Row{"[[pool]]\nname = \"x\"\nwhen_none = \"pass\"",
            "3:13: [[pool]] 'x': when_none 'pass' is not one of inside, drop"},
        Row{"[[pool]]\nname = \"x\"\non_failure = true",
            "3:14: [[pool]] 'x': on_failure must be a string, not a boolean"},
        Row{"[[pool]]\nname = \"x\"", "4:8: [[pool]] 'low': no [[honeypot]] is in it"},
        Row{"[[pool]]\nname = \"low\"", "4:8: [[pool]] 'low': another pool has this name"},
        Row{"[[honeypot]]\nname = \"a\"", "8:8: [[honeypot]] 'a': another honeypot has this name"},
        Row{honeypot,
            "1:1: [[honeypot]] 'x': mac is missing; it cannot be learned, as honeypot 'a' is on "
            "the same port and VLAN"},
        Row{honeypot + "mac = \"02:00:00:00:00:01\"",
            "10:7: [[honeypot]] 'a': honeypot 'x' has the same mac on the same port and VLAN"},
        Row{honeypot + "mac = \"01:00:00:00:00:01\"",
            "3:7: [[honeypot]] 'x': mac '01:00:00:00:00:01' is not a station's own address"},
        Row{honeypot + "vlan = 4095", "3:8: [[honeypot]] 'x': vlan '4095' is not an integer from 1 to 4094"},
        Row{honeypot + "vlan = \"7\"", "3:8: [[honeypot]] 'x': vlan must be an integer, not a string"},
        Row{honeypot + "port = \"dev:lov\"",
            "3:8: [[honeypot]] 'x': port 'dev:lov' is not one of the honeypot ports (dev:low, dev:high); did "
            "you mean 'dev:low'?"},
        Row{honeypot + "pool = \"hgh\"",
            "3:8: [[honeypot]] 'x': there is no pool 'hgh'; did you mean 'high'?"},
        Row{honeypot + "weight = 0", "3:10: [[honeypot]] 'x': weight '0' is not an integer from 1 to 100"},
        Row{honeypot + "check = \"tcp:0\"",
            "3:9: [[honeypot]] 'x': check 'tcp:0' is not a check: write none, arp, or tcp:PORT with a port "
            "from 1 to "
            "65535"},
        Row{honeypot + "check = \"udp:53\"",
            "3:9: [[honeypot]] 'x': check 'udp:53' is not a check: write none, arp, or tcp:PORT with a port "
            "from 1 to "
            "65535"},
        Row{honeypot + "wieght = 2", "3:1: [[honeypot]]: unknown key 'wieght'; did you mean 'weight'?"},
    };
    expect_refusals(rows, two_pools);
}

TEST(Honeypots, MayLackMacsOnSegmentsOfTheirOwn) {
    const std::string more =
        "[[honeypot]]\nname = \"b\"\nvlan = 2\n[[honeypot]]\nname = \"c\"\nvlan = 3\n"
        "[[honeypot]]\nname = \"d\"\nport = \"dev:high\"";
    EXPECT_EQ(sound(more + one_honeypot).honeypots.size(), 4U);
    const std::string twins =
        "[[honeypot]]\nname = \"b\"\nmac = \"02:00:00:00:00:01\"\nvlan = 2\n[[honeypot]]\n"
        "name = \"c\"\nmac = \"02:00:00:00:00:01\"\nvlan = 3";
    EXPECT_EQ(sound(twins + one_honeypot).honeypots.size(), 3U);
}

}  // namespace
}  // namespace honeyswitch::control
