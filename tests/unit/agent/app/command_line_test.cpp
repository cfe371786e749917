// The agent's command line.
#include "agent/app/command_line.hpp"

#include <gtest/gtest.h>

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;

struct Parsed {
    std::expected<Command, int> command;
    std::string out, err;
};

Parsed parse(std::vector<std::string> words) {
    words.insert(words.begin(), "honeyswitch-agent");
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    auto command = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
    return {std::move(command), testing::internal::GetCapturedStdout(),
            testing::internal::GetCapturedStderr()};
}

Parsed parse_domain(std::vector<std::string> words) {
    words.insert(words.begin(), {"--dry-run", "--interface", "e", "--prefix", "10.1.0.0/24"});
    return parse(std::move(words));
}

TEST(CommandLine, SaysItsVersion) {
    const auto [command, out, err] = parse({"--version"});
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error(), 0);
    EXPECT_TRUE(out.starts_with("honeyswitch-agent 0.") || out.starts_with("honeyswitch-agent 1.")) << out;
}

TEST(CommandLine, RefusesASenderThatNoHostCanHave) {
    EXPECT_EQ(parse_domain({"--sender", "10.1.0.9"}).command->options.domains.at(0).options.sender,
              parse_address("10.1.0.9").value());
    for (const char* const sender : {"10.1.0.255", "10.1.0.0", "10.2.0.9", "x"}) {
        const auto [command, out, err] = parse_domain({"--sender", sender});
        ASSERT_FALSE(command) << sender;
        EXPECT_NE(err.find("--sender: "), std::string::npos) << err;
    }
}

TEST(CommandLine, HoldsDurationsToTheRangesOfTheFile) {
    const auto good = parse_domain({"--hold", "10m", "--sweep-interval", "1500ms"});
    ASSERT_TRUE(good.command) << good.err;
    EXPECT_EQ(good.command->options.domains.at(0).options.probe.hold, 10min);
    EXPECT_EQ(good.command->options.domains.at(0).options.sweep.interval, 1500ms);
    for (const auto& [flag, text] : {std::pair{"--sweep-interval", "5124097h"},
                                     {"--sweep-interval", "0s"},
                                     {"--sweep-patience", "2h"},
                                     {"--probe-interval", "1ms"},
                                     {"--hold", "5124097h"},
                                     {"--hold", "5"}}) {
        const auto [command, out, err] = parse_domain({flag, text});
        ASSERT_FALSE(command) << flag;
        EXPECT_EQ(command.error(), 2);
        EXPECT_NE(err.find(flag), std::string::npos) << err;
        EXPECT_NE(err.find(text), std::string::npos) << err;
    }
}

}  // namespace
}  // namespace honeyswitch::agent
