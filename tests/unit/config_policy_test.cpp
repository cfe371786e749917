// Pools, honeypots, rules, lists, logs and tiers in the configuration file: each row is a part of a file, and
// what becomes of it.
#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "control/config_file.hpp"

namespace honeyswitch::control {
namespace {

/// The rest of a file, without [[honeypot]], which has no warning. It comes last, so that places count from
/// the part that is tested.
const std::string rest = R"(
[ports]
outside = "0000:03:00.0"
inside = "0000:03:00.1"
honeypot = ["dev:low", "dev:high"]
[diversion]
dark = ["10.1.0.0/16"]
)";
const std::string two_pools = R"(
[[pool]]
name = "low"
[[pool]]
name = "high"
[[honeypot]]
name = "a"
mac = "02:00:00:00:00:01"
[[honeypot]]
name = "b"
mac = "02:00:00:00:00:02"
pool = "high"
)";
const std::string one_honeypot = "\n[[honeypot]]\nname = \"a\"\n";

std::expected<CheckedConfig, ConfigError> load(const std::string& text) {
    auto draft = read_config_text(text + rest, "/etc/x.toml");
    if (!draft) return std::unexpected(draft.error());
    return finish_config(std::move(*draft));
}

struct Row {
    std::string text;
    std::string message;
};

template <std::size_t N>
void expect_refusals(const std::array<Row, N>& rows, const std::string& others) {
    for (const auto& [text, message] : rows) {
        const auto loaded = load(text + others);
        EXPECT_EQ(loaded ? "loaded" : loaded.error().message(), "/etc/x.toml:" + message) << text;
    }
}

template <std::size_t N>
void expect_warnings(const std::array<Row, N>& rows, const std::string& others) {
    for (const auto& [text, message] : rows) {
        const auto loaded = load(text + others);
        ASSERT_TRUE(loaded) << loaded.error().message();
        EXPECT_EQ(loaded->warnings, std::vector{"/etc/x.toml:" + message}) << text;
    }
}

/// The configuration of a text that has no fault.
Config sound(const std::string& text) {
    auto loaded = load(text);
    EXPECT_TRUE(loaded) << loaded.error().message();
    if (!loaded) return {};
    EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings.front();
    return std::move(loaded->config);
}

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
    EXPECT_EQ(sandbox.mac, agent::parse_mac("02:00:00:00:00:66").value());
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

TEST(Rules, AreRead) {
    const auto config = sound(two_pools + R"(
[[rule]]
name = "all"
action = "inside"
[[rule]]
name = "decoy"
source = ["198.51.100.0/24", "203.0.113.7/32"]
destination = "10.1.30.0/24"
protocol = "tcp"
ports = [22, "8000-8080", "443"]
action = "divert"
pool = "high"
[[rule]]
name = "gre"
protocol = 47
action = "drop"
[[rule]]
name = "dns"
protocol = "udp"
ports = "53"
action = "pool"
pool = "low"
)");
    ASSERT_EQ(config.rules.size(), 4U);
    EXPECT_EQ(config.rules[0].action, Rule::Action::inside);
    EXPECT_TRUE(config.rules[0].sources.empty() && config.rules[0].destinations.empty());
    EXPECT_FALSE(config.rules[0].protocol || config.rules[0].pool);
    const auto& decoy = config.rules[1];
    EXPECT_EQ(decoy.sources, (std::vector{Ipv4Prefix{{0xc6336400}, 24}, Ipv4Prefix{{0xcb007107}, 32}}));
    EXPECT_EQ(decoy.destinations, (std::vector{Ipv4Prefix{{0x0a011e00}, 24}}));
    EXPECT_EQ(decoy.protocol, 6);
    EXPECT_EQ(decoy.ports, (std::vector<PortRange>{{22, 22}, {8000, 8080}, {443, 443}}));
    EXPECT_EQ(decoy.action, Rule::Action::divert);
    EXPECT_EQ(decoy.pool, 1U);
    EXPECT_EQ(config.rules[2].protocol, 47);
    EXPECT_EQ(config.rules[2].action, Rule::Action::drop);
    EXPECT_EQ(config.rules[3].action, Rule::Action::pool);
    EXPECT_EQ(config.rules[3].pool, 0U);
}

TEST(Rules, AreRefusedWithPlaceAndReason) {
    const std::string rule = "[[rule]]\nname = \"x\"\n";
    const std::string drop = rule + "action = \"drop\"\n";
    const std::array rows{
        Row{rule,
            "1:1: [[rule]] 'x': action is missing; write action = \"inside\", \"drop\", \"divert\" or "
            "\"pool\""},
        Row{rule + "action = \"deny\"",
            "3:10: [[rule]] 'x': action 'deny' is not one of inside, drop, divert, pool"},
        Row{rule + "action = \"pool\"",
            "3:10: [[rule]] 'x': action \"pool\" needs one; write pool = \"NAME\""},
        Row{drop + "pool = \"low\"", "4:8: [[rule]] 'x': action \"drop\" has no pool"},
        Row{rule + "action = \"inside\"\npool = \"low\"", "4:8: [[rule]] 'x': action \"inside\" has no pool"},
        Row{rule + "action = \"divert\"\npool = \"lowe\"",
            "4:8: [[rule]] 'x': there is no pool 'lowe'; did you mean 'low'?"},
        Row{rule + "action = \"divert\"\npool = \"elsewhere\"",
            "4:8: [[rule]] 'x': there is no pool 'elsewhere'"},
        Row{drop + "source = []", "4:10: [[rule]] 'x': source is empty; leave it out for any"},
        Row{drop + "source = [\"10.0.0.0/8\", 7]",
            "4:25: [[rule]] 'x': source must be a string, not an integer"},
        Row{drop + "destination = \"10.1.0.1/16\"",
            "4:15: [[rule]] 'x': destination '10.1.0.1/16' has bits below its mask; did you mean "
            "10.1.0.0/16?"},
        Row{drop + "protocol = \"tpc\"",
            "4:12: [[rule]] 'x': protocol 'tpc' is not a protocol: write one of tcp, udp, icmp, sctp, or a "
            "number from 0 to 255"},
        Row{drop + "protocol = 256",
            "4:12: [[rule]] 'x': protocol '256' is not a protocol: write one of tcp, udp, icmp, sctp, or a "
            "number from 0 to 255"},
        Row{drop + "protocol = [6]",
            "4:12: [[rule]] 'x': protocol must be a string or an integer, not an array"},
        Row{drop + "protocol = \"tcp\"\nports = [80, \"90-80\"]",
            "5:14: [[rule]] 'x': ports '90-80' is neither a port nor a range of ports: write 22 or "
            "8000-8080, with numbers from 0 to 65535"},
        Row{drop + "protocol = \"tcp\"\nports = 65536",
            "5:9: [[rule]] 'x': ports '65536' is neither a port nor a range of ports: write 22 or "
            "8000-8080, with numbers from 0 to 65535"},
        Row{drop + "protocol = \"tcp\"\nports = 1.5",
            "5:9: [[rule]] 'x': ports must be strings or integers, not a floating-point number"},
        Row{drop + "ports = 22", "4:9: [[rule]] 'x': ports need protocol \"tcp\", \"udp\" or \"sctp\""},
        Row{drop + "ports = 22\nprotocol = 1",
            "4:9: [[rule]] 'x': ports need protocol \"tcp\", \"udp\" or \"sctp\"; icmp has none"},
        Row{drop + drop, "5:8: [[rule]] 'x': another rule has this name"},
    };
    expect_refusals(rows, two_pools);
}

std::string rules_of_256_sources(std::size_t number, std::size_t ports) {
    std::string sources;
    for (int i = 0; i < 256; ++i) sources += fmt::format("\"198.51.100.{}/32\",", i);
    std::string text;
    for (std::size_t i = 0; i < number; ++i) {
        text += fmt::format(
            "[[rule]]\nname = \"r{}\"\nprotocol = \"tcp\"\naction = \"drop\"\nsource = [{}]\nports = [", i,
            sources);
        for (std::size_t port = 0; port < ports; ++port) text += fmt::format("{},", port);
        text += "]\n";
    }
    return text;
}

TEST(Rules, HaveALimitedNumberOfCombinations) {
    EXPECT_EQ(sound(rules_of_256_sources(2, 128) + one_honeypot).rules.size(), 2U);
    expect_refusals(
        std::array{
            Row{rules_of_256_sources(2, 128) + "[[rule]]\nname = \"last\"\naction = \"drop\"",
                "13:1: [[rule]] 'last': with it the rules have 65537 combinations of source, destination "
                "and ports, and there can be 65536"}},
        one_honeypot);
}

TEST(Rules, AreTenThousandAtMost) {
    std::string text;
    for (int i = 0; i < 10'000; ++i)
        text += fmt::format("[[rule]]\nname = \"rule-{}\"\nsource = \"10.0.{}.{}/32\"\naction = \"drop\"\n",
                            i, i / 256, i % 256);
    EXPECT_EQ(sound(text + one_honeypot).rules.size(), 10'000U);
    expect_refusals(std::array{Row{text + "[[rule]]\nname = \"x\"\naction = \"drop\"",
                                   "40001:1: [[rule]]: there are 10001, and there can be 10000"}},
                    one_honeypot);
}

TEST(Rules, ThatDivertEverythingAreWarnedOf) {
    const std::string rule = "[[rule]]\nname = \"x\"\naction = \"divert\"\n";
    expect_warnings(
        std::array{
            Row{rule, "1:1: [[rule]] 'x' diverts everything: it has neither source nor destination"},
            Row{rule + "protocol = \"tcp\"\nports = 23",
                "1:1: [[rule]] 'x' diverts everything of its protocol and ports: it has neither source nor "
                "destination"},
        },
        one_honeypot);
}

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
        Row{log + "list = \"x\"\nlifetime = \"1d\"",
            "4:12: [[auth_log]] 'a.log': lifetime '1d' is not a duration: write a number and its unit, such "
            "as 500ms, 60s, 10m or 1h"},
    };
    expect_refusals(rows, two_pools);
    std::string many;
    for (int i = 0; i < 49; ++i) many += fmt::format("[[list]]\nname = \"l{}\"\nkind = \"benign\"\n", i);
    expect_refusals(std::array{Row{many, "145:1: [[list]]: there are 49, and there can be 48"}}, two_pools);
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
