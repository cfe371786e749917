// Rules in the configuration file.
#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/unit/control/config/config_text.hpp"

namespace honeyswitch::control {
namespace {

TEST(Rules, AreRead) {
    const auto config = sound(two_pools + R"(
[[rule]]
name = "all"
action = "inside"
[[rule]]
name = "decoy"
source = ["198.51.100.0/24", "203.0.113.7"]
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

}  // namespace
}  // namespace honeyswitch::control
