// What a reload's own thread makes of the file and the command line: a configuration that can take the place
// of the running one, or all reasons why not.
#include "control/process/reloader.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include <fmt/format.h>

#include "tests/unit/fixtures/appliance.hpp"

namespace honeyswitch::control {
namespace {

using Words = std::vector<std::string>;

const std::string one_pot = "[[honeypot]]\nname = \"a\"\n";

std::string many(const std::string& name, unsigned count) {
    std::string records;
    for (unsigned i = 0; i < count; ++i)
        records += fmt::format("[[honeypot]]\nname = \"{}{}\"\nmac = \"02:00:00:00:{:02x}:{:02x}\"\n", name,
                               i, i / 256, i % 256);
    return records;
}

struct ReloaderTest : testing::Test {
    ReloaderTest() : running(appliance.config()) { adopt(running); }

    void adopt(const Config& config) {
        const auto given = numbers.numbers_for(config);
        ASSERT_TRUE(given);
        numbers.adopt(config, *given, TimePoint{});
    }
    Reloader::Result end() {
        for (int tries = 0; tries < 10'000; ++tries) {
            if (auto result = reloader.take()) return std::move(*result);
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        }
        return std::unexpected(Words{"it does not end"});
    }
    Reloader::Result reload(const std::string& records) {
        appliance.write(records);
        reloader.start(running, numbers);
        return end();
    }
    Words refused(const std::string& records) {
        const auto result = reload(records);
        return result ? Words{"it is taken"} : result.error();
    }

    Appliance appliance{one_pot};
    Config running;
    ConfigNumbers numbers;
    Reloader reloader{appliance.arguments()};
};

TEST_F(ReloaderTest, AnUnchangedFileIsTheSameConfigurationUnderTheSameNumbers) {
    const auto result = reload(one_pot);
    ASSERT_TRUE(result) << result.error().front();
    EXPECT_EQ(result->config.honeypots.size(), 1U);
    EXPECT_EQ(result->parts.numbers, numbers.numbers_for(running));
    EXPECT_NE(result->classifier, nullptr);
    EXPECT_EQ(result->warnings, Words{});
    EXPECT_EQ(result->list_findings, Words{});
}

TEST_F(ReloaderTest, AChangedFileIsReadAndWhatWorkersNeedIsBuilt) {
    const auto result = reload(one_pot +
                               "[timeouts]\nidle_timeout = \"7s\"\n"
                               "[[rule]]\nname = \"r\"\naction = \"inside\"\ndestination = \"10.1.0.9\"\n");
    ASSERT_TRUE(result) << result.error().front();
    EXPECT_EQ(result->config.idle_timeout, Milliseconds{7'000});
    EXPECT_EQ(result->parts.shown.idle_timeout, Milliseconds{7'000});
    ASSERT_EQ(result->parts.shown.rules.size(), 1U);
    EXPECT_EQ(result->classifier->hits(0), 0U);
}

TEST_F(ReloaderTest, ABrokenFileIsRefusedWithEverythingThatIsWrongInIt) {
    const auto reasons = refused(one_pot +
                                 "[timeouts]\nidle_timeout = \"soon\"\n"
                                 "[[rule]]\nname = \"r\"\naction = \"divrt\"\n");
    ASSERT_EQ(reasons.size(), 2U) << reasons.front();
    for (const std::string& reason : reasons)
        EXPECT_TRUE(reason.starts_with(appliance.file() + ":")) << reason << ": file, line and column";
    EXPECT_NE((reasons[0] + reasons[1]).find("soon"), std::string::npos);
    EXPECT_NE((reasons[0] + reasons[1]).find("divrt"), std::string::npos);
}

TEST_F(ReloaderTest, AFileThatIsNoTomlOrNotThereIsRefusedByItsName) {
    const auto broken = refused("this is no TOML\n");
    ASSERT_EQ(broken.size(), 1U);
    EXPECT_TRUE(broken[0].starts_with(appliance.file() + ":")) << broken[0];
    std::filesystem::remove(appliance.file());
    reloader.start(running, numbers);
    const auto gone = end();
    ASSERT_FALSE(gone);
    EXPECT_NE(gone.error().front().find(appliance.file()), std::string::npos) << gone.error().front();
}

TEST_F(ReloaderTest, WhatNeedsARestartIsRefusedOneByOneWithBothValues) {
    const auto reasons = refused(one_pot + "[timeouts]\nheartbeat_timeout = \"5s\"\nidle_timeout = \"7s\"\n");
    EXPECT_EQ(reasons, Words{"[timeouts] heartbeat_timeout cannot change while running (1s to 5s): restart"})
        << "what can change is no reason";
}

TEST_F(ReloaderTest, OptionsOfTheCommandLineOverrideTheFileAgain) {
    auto words = appliance.arguments();
    words.emplace_back("--idle-timeout");
    words.emplace_back("9s");
    Reloader with_option(words);
    appliance.write(one_pot + "[timeouts]\nidle_timeout = \"7s\"\n");
    with_option.start(running, numbers);
    std::optional<Reloader::Result> result;
    while (!result) result = with_option.take();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->config.idle_timeout, Milliseconds{9'000});
}

TEST_F(ReloaderTest, WarningsAndWhatIsWrongWithFilesOfListsIsHandedOver) {
    appliance.put("broken.list", "192.0.2.1\nnobody\n");
    const auto result =
        reload(one_pot + fmt::format("[containment]\nallow = [\"udp:53:192.0.2.53/32\"]\n"
                                     "[[list]]\nname = \"broken\"\nkind = \"attacker\"\nfile = \"{}\"\n"
                                     "[[list]]\nname = \"absent\"\nkind = \"attacker\"\nfile = \"{}\"\n",
                                     appliance.in_folder("broken.list"), appliance.in_folder("absent.list")));
    ASSERT_TRUE(result) << result.error().front();
    ASSERT_EQ(result->warnings.size(), 1U);
    EXPECT_NE(result->warnings[0].find("allow has no effect"), std::string::npos) << result->warnings[0];
    ASSERT_EQ(result->list_findings.size(), 2U);
    EXPECT_TRUE(result->list_findings[0].starts_with("list broken: ")) << result->list_findings[0];
    EXPECT_TRUE(result->list_findings[1].starts_with("list absent: ")) << result->list_findings[1];
}

TEST_F(ReloaderTest, NumbersThatAreStillReferredToAreNotGivenTwice) {
    appliance.write(many("old", 200));
    running = appliance.config();
    adopt(running);
    const auto reasons = refused(many("new", 60));
    ASSERT_EQ(reasons.size(), 1U);
    EXPECT_TRUE(reasons[0].starts_with("[[honeypot]] 'new")) << reasons[0];
    EXPECT_TRUE(reload(many("new", 50))) << "201 are in use, and there are 255";
}

TEST_F(ReloaderTest, ItSaysOnceWhatCameOfItAndCanBeUsedAgain) {
    EXPECT_FALSE(reloader.running());
    EXPECT_FALSE(reloader.take());
    appliance.write(one_pot);
    reloader.start(running, numbers);
    EXPECT_TRUE(reloader.running());
    EXPECT_TRUE(end());
    EXPECT_FALSE(reloader.running());
    EXPECT_FALSE(reloader.take());
    EXPECT_EQ(refused("this is no TOML\n").size(), 1U);
    EXPECT_TRUE(reload(one_pot)) << "a refusal leaves nothing behind";
}

/// Each has its own thread, and neither looks at what the other has read.
TEST_F(ReloaderTest, TwoAtOnceDoNotMeet) {
    Reloader other(appliance.arguments());
    appliance.write(one_pot + "[timeouts]\nidle_timeout = \"7s\"\n");
    reloader.start(running, numbers);
    other.start(running, numbers);
    std::optional<Reloader::Result> result;
    while (!result) result = other.take();
    ASSERT_TRUE(*result);
    EXPECT_EQ((*result)->config.idle_timeout, Milliseconds{7'000});
    const auto first = end();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->config.idle_timeout, Milliseconds{7'000});
}

TEST_F(ReloaderTest, EndsWithItsThreadUnderWay) {
    appliance.write(many("pot", 200));
    {
        Reloader left(appliance.arguments());
        left.start(running, numbers);
        EXPECT_TRUE(left.running());
    }
    EXPECT_TRUE(reload(one_pot));
}

}  // namespace
}  // namespace honeyswitch::control
