// Lists, logs and tiers in the configuration file.
#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/control/config/config_text.hpp"

namespace honeyswitch::control {
namespace {

TEST(Lists, AreRead) {
    const auto config = sound(two_pools + R"(
[[list]]
name = "bad"
kind = "attacker"
file = "lists/bad.list"
protocol = "tcp"
ports = ["1-1023", 8080]
pool = "high"
[[list]]
name = "good"
kind = "benign"
file = "/var/lib/good.list"
[[list]]
name = "from-logs"
kind = "attacker"
[[auth_log]]
file = "auth.log"
list = "from-logs"
failures = 7
window = "5m"
lifetime = "48h"
[[auth_log]]
file = "/var/log/auth.log"
list = "bad"
)");
    ASSERT_EQ(config.lists.size(), 3U);
    EXPECT_EQ(config.lists[0].file, "/etc/lists/bad.list");
    EXPECT_EQ(config.lists[0].protocol, 6);
    EXPECT_EQ(config.lists[0].ports, (std::vector<PortRange>{{1, 1023}, {8080, 8080}}));
    EXPECT_EQ(config.lists[0].pool, 1U);
    EXPECT_EQ(config.lists[1].kind, SourceList::Kind::benign);
    EXPECT_EQ(config.lists[1].file, "/var/lib/good.list");
    EXPECT_FALSE(config.lists[1].pool || config.lists[1].protocol);
    EXPECT_TRUE(config.lists[2].file.empty());
    ASSERT_EQ(config.auth_logs.size(), 2U);
    EXPECT_EQ(config.auth_logs[0].file, "/etc/auth.log");
    EXPECT_EQ(config.auth_logs[0].list, 2U);
    EXPECT_EQ(config.auth_logs[0].failures, 7U);
    EXPECT_EQ(config.auth_logs[0].window, Milliseconds{300'000});
    EXPECT_EQ(config.auth_logs[0].lifetime, Milliseconds{172'800'000});
    EXPECT_EQ(config.auth_logs[1].list, 0U);
    EXPECT_EQ(config.auth_logs[1].failures, AuthLog{}.failures);
}

TEST(Lists, AreRefusedWithPlaceAndReason) {
    const std::string list = "[[list]]\nname = \"x\"\n";
    const std::string benign = list + "kind = \"benign\"\n";
    const std::string log = "[[auth_log]]\nfile = \"a.log\"\n";
    const std::array rows{
        Row{list, "1:1: [[list]] 'x': kind is missing; write kind = \"attacker\" or \"benign\""},
        Row{list + "kind = \"bad\"", "3:8: [[list]] 'x': kind 'bad' is not one of attacker, benign"},
        Row{benign + "pool = \"low\"",
            "4:8: [[list]] 'x': a benign list has no pool, as its sources are never diverted"},
        Row{benign + "ports = 22", "4:9: [[list]] 'x': ports need protocol \"tcp\", \"udp\" or \"sctp\""},
        Row{benign + "ports = []", "4:9: [[list]] 'x': ports is empty; leave it out for any"},
        Row{benign + "file = \"\"", "4:8: [[list]] 'x': file: a path cannot be empty"},
        Row{list + "kind = \"attacker\"\npool = \"middle\"", "4:8: [[list]] 'x': there is no pool 'middle'"},
        Row{benign + benign, "5:8: [[list]] 'x': another list has this name"},
        Row{"[[auth_log]]\nlist = \"x\"",
            "1:1: [[auth_log]]: file is missing; write file = \"/var/log/auth.log\""},
        Row{log, "1:1: [[auth_log]] 'a.log': list is missing; write list = \"NAME\" of an attacker list"},
        Row{log + "list = \"y\"\n" + benign,
            "3:8: [[auth_log]] 'a.log': there is no list 'y'; did you mean 'x'?"},
        Row{log + "list = \"x\"\n" + benign,
            "3:8: [[auth_log]] '/etc/a.log': list 'x' is not an attacker list"},
        Row{log + "list = \"x\"\nfailures = 0",
            "4:12: [[auth_log]] 'a.log': failures '0' is not an integer from 1 to 10000"},
        Row{log + "list = \"x\"\nwindow = \"169h\"",
            "4:10: [[auth_log]] 'a.log': window '169h' is not from 1s to 168h"},
        Row{log + "list = \"x\"\nlifetime = \"1y\"",
            "4:12: [[auth_log]] 'a.log': lifetime '1y' is not a duration: write a number and its unit ("
            "ms, s, m, h, d or w), such as 500ms, 60s, 10m or 1h"},
        Row{log + "list = \"x\"\nlifetime = \"366d\"",
            "4:12: [[auth_log]] 'a.log': lifetime '366d' is not from 1s to 8760h"},
    };
    expect_refusals(rows, two_pools);
    std::string many;
    for (int i = 0; i < 49; ++i) many += fmt::format("[[list]]\nname = \"l{}\"\nkind = \"benign\"\n", i);
    expect_refusals(std::array{Row{many, "145:1: [[list]]: there are 49, and there can be 48"}}, two_pools);
    many.clear();
    for (int i = 0; i < 33; ++i) many += "[[tier]]\nfrom = \"low\"\nto = \"high\"\nsessions = 1\n";
    expect_refusals(std::array{Row{many, "129:1: [[tier]]: there are 33, and there can be 32"}}, two_pools);
}

TEST(Tiers, AreRead) {
    const auto config = sound(two_pools + R"(
[[tier]]
from = "low"
to = "high"
sessions = 20
destinations = 256
payload_sessions = 3
window = "30m"
[[tier]]
from = "low"
to = "high"
payload_sessions = 1
)");
    ASSERT_EQ(config.tiers.size(), 2U);
    EXPECT_EQ(config.tiers[0].from, 0U);
    EXPECT_EQ(config.tiers[0].to, 1U);
    EXPECT_EQ(config.tiers[0].sessions, 20U);
    EXPECT_EQ(config.tiers[0].destinations, 256U);
    EXPECT_EQ(config.tiers[0].payload_sessions, 3U);
    EXPECT_EQ(config.tiers[0].window, Milliseconds{1'800'000});
    EXPECT_FALSE(config.tiers[1].sessions || config.tiers[1].destinations);
    EXPECT_EQ(config.tiers[1].window, Milliseconds{3'600'000});
}

TEST(Tiers, AreRefusedWithPlaceAndReason) {
    const auto tier = [](const std::string& from, const std::string& to) {
        return "[[tier]]\nfrom = \"" + from + "\"\nto = \"" + to + "\"\n";
    };
    const auto sure = [&](const std::string& from, const std::string& to) {
        return tier(from, to) + "sessions = 1\n";
    };
    const std::array rows{
        Row{"[[tier]]\nto = \"low\"", "1:1: [[tier]]: from is missing; write from = \"POOL\""},
        Row{"[[tier]]\nfrom = \"low\"", "1:1: [[tier]]: to is missing; write to = \"POOL\""},
        Row{tier("low", "high"),
            "1:1: [[tier]] 'low' to 'high': sessions, destinations and payload_sessions "
            "are all missing; write one at least"},
        Row{tier("low", "high") + "destinations = 257",
            "4:16: [[tier]] 'low' to 'high': destinations '257' is not an integer from 1 to 256"},
        Row{tier("low", "high") + "sessions = 4294967296",
            "4:12: [[tier]] 'low' to 'high': sessions '4294967296' is not an integer from 1 to 4294967295"},
        Row{sure("low", "high") + "window = \"999ms\"",
            "5:10: [[tier]] 'low' to 'high': window '999ms' is not from 1s to 168h"},
        Row{sure("low", "hgh"), "3:6: [[tier]] 'low' to 'hgh': there is no pool 'hgh'; did you mean 'high'?"},
        Row{sure("low", "low"), "3:6: [[tier]] 'low' to 'low': from and to are the same pool"},
        Row{sure("low", "high") + sure("high", "low"),
            "7:6: [[tier]] 'high' to 'low': with the tiers before it, it leads a source in a circle"},
    };
    expect_refusals(rows, two_pools);
}

}  // namespace
}  // namespace honeyswitch::control
