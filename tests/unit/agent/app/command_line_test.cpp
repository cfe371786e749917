// The agent's command line.
#include "agent/app/command_line.hpp"

#include <gtest/gtest.h>

#include "agent/config/agent_settings.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

std::expected<Launch, Declined> parse(Words words) {
    words.insert(words.begin(), "honeyswitch-agent");
    std::vector<const char*> arguments;
    for (const auto& word : words) arguments.push_back(word.c_str());
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

std::expected<Launch, Declined> parse_domain(Words words) {
    words.insert(words.begin(), {"--dry-run", "--interface", "e", "--prefix", "10.1.0.0/24"});
    return parse(std::move(words));
}

/// What is printed of a domain that is refused.
std::string refusal(const Words& words) {
    const auto launch = parse_domain(words);
    if (launch) return "started";
    EXPECT_EQ(launch.error().code(), 2);
    return launch.error().text("a");
}

std::vector<std::string> warnings_of(const Launch& launch) {
    std::vector<std::string> sentences;
    for (const auto& warning : launch.warnings) sentences.push_back(warning.sentence());
    return sentences;
}

TEST(CommandLine, SaysItsVersion) {
    const auto launch = parse({"--version"});
    ASSERT_FALSE(launch);
    EXPECT_EQ(launch.error().code(), 0);
    const auto text = launch.error().text("a");
    EXPECT_TRUE(text.starts_with("honeyswitch-agent 0.") || text.starts_with("honeyswitch-agent 1.")) << text;
}

TEST(CommandLine, HasAnOptionForEverySetting) {
    const auto help = parse({"--help"});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().code(), 0);
    const auto text = help.error().text("a");
    for (const auto& setting : agent_settings())
        EXPECT_TRUE(text.contains("  " + setting.option() + " ")) << setting.option();
    for (const auto& setting : domain_settings())
        EXPECT_TRUE(text.contains("  " + setting.option() + " ")) << setting.option();
    EXPECT_FALSE(text.contains("--hold ")) << "a former name is not shown";
    EXPECT_TRUE(text.contains("[2m]")) << "the default of --probe-hold";
}

/// Each default is a value that its own setting accepts, from the command line and unchanged.
TEST(CommandLine, AcceptsTheDefaults) {
    for (const auto& setting : domain_settings()) {
        const auto initial = setting.show(DomainSpec{});
        if (initial.empty()) continue;
        const auto launch = parse_domain({setting.option(), initial});
        ASSERT_TRUE(launch) << launch.error().text("a");
        EXPECT_EQ(setting.show(launch->options.domains.at(0)), initial) << setting.option();
    }
}

TEST(CommandLine, RefusesASenderThatNoHostCanHave) {
    EXPECT_EQ(parse_domain({"--sender", "10.1.0.9"})->options.domains.at(0).options.sender,
              parse_address("10.1.0.9").value());
    for (const char* const sender : {"10.1.0.255", "10.1.0.0", "10.2.0.9", "x"})
        EXPECT_TRUE(refusal({"--sender", sender}).starts_with("a: --sender: ")) << sender;
}

TEST(CommandLine, RefusesAPrefixThatNobodyCanBeOn) {
    const auto refused = [](const std::string& prefix) {
        const auto launch = parse({"--dry-run", "--interface", "e", "--prefix", prefix});
        return launch ? "started" : launch.error().text("a");
    };
    EXPECT_EQ(refused("10.1.0.0/24"), "started");
    EXPECT_EQ(refused("0.0.0.0/16"),
              "a: --prefix: '0.0.0.0/16' overlaps with 0.0.0.0/8 (this network), where no host can be\n");
    EXPECT_EQ(refused("127.0.0.0/24"),
              "a: --prefix: '127.0.0.0/24' overlaps with 127.0.0.0/8 (loopback), where no host can be\n");
    EXPECT_EQ(refused("224.0.0.0/24"),
              "a: --prefix: '224.0.0.0/24' overlaps with 224.0.0.0/4 (multicast), where no host can be\n");
    EXPECT_EQ(refused("255.255.255.0/24"),
              "a: --prefix: '255.255.255.0/24' overlaps with 240.0.0.0/4 (reserved and broadcast), where no "
              "host can be\n");
    EXPECT_EQ(refused("10.1.0.1/24"),
              "a: --prefix: '10.1.0.1/24' has bits below its mask; did you mean 10.1.0.0/24?\n");
    EXPECT_EQ(refused("10.0.0.0/8"), "a: --prefix: '10.0.0.0/8' is no domain: one is a /16 to a /30\n");
    EXPECT_EQ(refused("10.0.0.0/31"), "a: --prefix: '10.0.0.0/31' is no domain: one is a /16 to a /30\n");
}

TEST(CommandLine, HoldsDurationsToTheRangesOfTheFile) {
    const auto good = parse_domain({"--probe-hold", "10m", "--sweep-interval", "1500ms"});
    ASSERT_TRUE(good) << good.error().text("a");
    EXPECT_EQ(good->options.domains.at(0).options.probe.hold, 10min);
    EXPECT_EQ(good->options.domains.at(0).options.sweep.interval, 1500ms);
    for (const auto& [option, text] : {std::pair{"--sweep-interval", "5124097h"},
                                       {"--sweep-interval", "0s"},
                                       {"--sweep-patience", "2h"},
                                       {"--probe-interval", "1ms"},
                                       {"--probe-hold", "5124097h"},
                                       {"--probe-hold", "5"}}) {
        const auto refused = refusal({option, text});
        EXPECT_TRUE(refused.starts_with(std::string("a: ") + option + ": '" + text + "' is not ")) << refused;
    }
}

TEST(CommandLine, UnderstandsFormerNamesAndSaysThoseOfToday) {
    const auto launch = parse({"--interface", "e", "--key", "k", "--name", "n", "--controller", "c", "--rate",
                               "7", "--probes", "2", "--hold", "9s"});
    ASSERT_TRUE(launch) << launch.error().text("a");
    EXPECT_EQ(launch->options.key_file, "k");
    const auto& options = launch->options.domains.at(0).options;
    EXPECT_EQ(options.sweep.rate, 7U);
    EXPECT_EQ(options.probe.count, 2U);
    EXPECT_EQ(options.probe.hold, 9s);
    EXPECT_EQ(warnings_of(*launch),
              (Words{"--key is now called --key-file", "--rate is now called --sweep-rate",
                     "--probes is now called --probe-count", "--hold is now called --probe-hold"}));
    EXPECT_EQ(refusal({"--hold", "9s", "--probe-hold", "9s"}),
              "a: --hold: it is now called --probe-hold, and --probe-hold is there as well\n");
}

TEST(CommandLine, SaysAllThatIsMissing) {
    EXPECT_EQ(
        parse({}).error().text("a"),
        "a: command line: there is nothing to watch: write a [[domain]], or give --interface\n"
        "a: command line: the agent has no name: write name = \"NAME\", or give --name\n"
        "a: command line: there is no key: write key_file = \"PATH\", or give --key-file\n"
        "a: command line: there is nobody to report to: write controller = \"HOST\", or give --controller "
        "(or --dry-run)\n");
    EXPECT_EQ(parse({"--dry-run", "--vlan", "5"}).error().text("a"),
              "a: --vlan: it describes the domain of an --interface, and there is none\n");
    EXPECT_EQ(parse({"--sweep-rat", "5"}).error().text("a"),
              "a: unknown option '--sweep-rat'; did you mean '--sweep-rate'?\nTry a --help.\n");
}

TEST(CommandLine, OverridesEveryDomainOfTheFileOrReplacesThem) {
    const TemporaryFolder folder;
    const auto file = folder.write("agent.toml",
                                   "[[domain]]\ninterface = \"a\"\n[domain.sweep]\nrate = 5\n"
                                   "[[domain]]\ninterface = \"b\"\nsender = \"10.0.0.1\"\n");
    const auto both = parse({"--config", file, "--dry-run", "--sweep-rate", "9"});
    ASSERT_TRUE(both) << both.error().text("a");
    ASSERT_EQ(both->options.domains.size(), 2U);
    for (const auto& domain : both->options.domains) EXPECT_EQ(domain.options.sweep.rate, 9U);
    const auto one = parse({"--config", file, "--dry-run", "--interface", "c", "--gateway", "10.1.0.1"});
    ASSERT_TRUE(one) << one.error().text("a");
    ASSERT_EQ(one->options.domains.size(), 1U);
    EXPECT_EQ(one->options.domains[0].options.sweep.rate, SweepOptions{}.rate);
    EXPECT_EQ(one->options.domains[0].options.always, (std::vector{parse_address("10.1.0.1").value()}));
    const auto wrong = parse({"--config", file, "--dry-run", "--sweep-rate", "0"});
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().text("a"), "a: --sweep-rate: '0' is not an integer from 1 to 100000\n");
}

}  // namespace
}  // namespace honeyswitch::agent
