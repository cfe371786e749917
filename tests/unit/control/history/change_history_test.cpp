#include "control/history/change_history.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/unit/fixtures/heard_log.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

HistoryRow row(const std::string& command, std::vector<std::string> changes = {}) {
    return {.time = "2026-11-27T03:40:00.123Z",
            .uid = 0,
            .pid = 42,
            .command = command,
            .changes = std::move(changes)};
}

struct ChangeHistoryTest : testing::Test {
    [[nodiscard]] std::string text(const std::string& name = "history") const {
        std::ifstream stream(folder.path() / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(stream), {}};
    }
    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "history"; }
    /// Of the latest, the latest first.
    static std::vector<std::string> commands(const ChangeHistory& history) {
        std::vector<std::string> all;
        for (const HistoryRow& found : history.page(0, 1'000).rows) all.push_back(found.command);
        return all;
    }
    static void wait_for(const auto& condition) {
        for (int tries = 0; tries < 5'000 && !condition(); ++tries)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        EXPECT_TRUE(condition());
    }

    HeardLog log;
    TemporaryFolder folder;
};

TEST_F(ChangeHistoryTest, ALineHasAllOfARowAndIsReadBack) {
    auto whole = row("reload", {"[timeouts] idle_timeout: 60s to 90s", "\"quoted\"\n"});
    whole.user = "root";
    EXPECT_EQ(history_line(whole),
              R"({"changes":["[timeouts] idle_timeout: 60s to 90s","\"quoted\"\n"],"command":"reload",)"
              R"("pid":42,"time":"2026-11-27T03:40:00.123Z","uid":0,"user":"root"})"
              "\n");
    EXPECT_EQ(parse_history(history_line(whole)), std::vector{whole});
    EXPECT_EQ(parse_history(R"({"time":"t","command":"taken back","uid":null})").size(), 1U);
}

TEST_F(ChangeHistoryTest, WhatIsNoLineIsLeftOut) {
    const auto good = history_line(row("a"));
    EXPECT_EQ(
        parse_history(good + "{\"time\":\"2026\n[]\n\n{}\n{\"time\":1,\"command\":\"x\"}\n" + good).size(),
        2U);
}

TEST_F(ChangeHistoryTest, OutlivesARestartAndIsOnlyAppendedTo) {
    {
        ChangeHistory history(file());
        history.put(row("one", {"x"}));
    }
    const auto before = text();
    ChangeHistory history(file());
    EXPECT_EQ(commands(history), std::vector<std::string>{"one"});
    history.put(row("two"));
    wait_for([&] { return text().size() > before.size(); });
    EXPECT_TRUE(text().starts_with(before));
    EXPECT_EQ(commands(history), (std::vector<std::string>{"two", "one"}));
    EXPECT_EQ(history.page(0, 1).rows[0].user, "root") << "whose uid it is";
}

TEST_F(ChangeHistoryTest, APageHasABoundedNumberOfChanges) {
    ChangeHistory history("");
    for (int i = 0; i < 20; ++i) history.put(row("reload", std::vector<std::string>(100, "x")));
    wait_for([&] { return !history.page(0, 1).rows.empty() && history.page(0, 1).next == 19U; });
    std::size_t rows = 0;
    std::uint32_t cursor = 0;
    for (unsigned pages = 0; pages < 4; ++pages) {
        const auto page = history.page(cursor, 1'000);
        EXPECT_EQ(page.rows.size(), 5U);
        rows += page.rows.size();
        cursor = page.next.value_or(0);
    }
    EXPECT_EQ(rows, 20U);
    EXPECT_EQ(cursor, 0U) << "that was all";
}

TEST_F(ChangeHistoryTest, PagesLeadBackInTimeAndStayWhileRowsCome) {
    ChangeHistory history("");
    for (int i = 0; i < 5; ++i) history.put(row(fmt::format("{}", i)));
    wait_for([&] { return commands(history).size() == 5; });
    const auto first = history.page(0, 2);
    ASSERT_EQ(first.rows.size(), 2U);
    EXPECT_EQ(first.rows[1].command, "3");
    history.put(row("5"));
    wait_for([&] { return commands(history).size() == 6; });
    const auto rest = history.page(first.next.value(), 10);
    ASSERT_EQ(rest.rows.size(), 3U);
    EXPECT_EQ(rest.rows[0].command, "2");
    EXPECT_FALSE(rest.next);
}

TEST_F(ChangeHistoryTest, TheFileIsRenamedWhenItHasGrownAndBothAreRead) {
    {
        ChangeHistory history(file(), 50);
        for (int i = 0; i < 3; ++i) {
            history.put(row(fmt::format("{}", i)));
            wait_for([&] { return text().contains(fmt::format("\"command\":\"{}\"", i)); });
        }
    }
    EXPECT_EQ(parse_history(text()).size(), 1U);
    EXPECT_EQ(parse_history(text("history.1")).size(), 1U) << "what was called so is gone";
    EXPECT_EQ(commands(ChangeHistory(file(), 50)), (std::vector<std::string>{"2", "1"}));
}

TEST_F(ChangeHistoryTest, MemoryAndRowsAreBounded) {
    ChangeHistory history("");
    history.put(row("many", std::vector<std::string>(5'000, "x")));
    for (int i = 0; i < 1'200; ++i) history.put(row("few"));
    wait_for([&] {
        return history.page(1'201, 1).rows.size() == 1 && history.page(0, 2'000).rows.size() == 1'000;
    });
    ChangeHistory other("");
    other.put(row("many", std::vector<std::string>(5'000, "x")));
    wait_for([&] { return commands(other).size() == 1; });
    const auto changes = other.page(0, 1).rows[0].changes;
    EXPECT_EQ(changes.size(), 101U);
    EXPECT_EQ(changes.back(), "and 4900 more");
}

TEST_F(ChangeHistoryTest, BehindALineThatWasCutOffANewOneBegins) {
    (void)folder.write("history", history_line(row("one")) + "{\"time\":\"20");
    {
        ChangeHistory history(file());
        history.put(row("two"));
    }
    EXPECT_EQ(commands(ChangeHistory(file())), (std::vector<std::string>{"two", "one"}));
}

/// A folder that is not there stands for any that takes nothing; root may write to a read-only one.
TEST_F(ChangeHistoryTest, AFolderThatTakesNothingIsToldOnceAndStopsNothing) {
    {
        ChangeHistory history(folder.path() / "gone" / "history");
        history.put(row("one"));
        wait_for([&] { return commands(history).size() == 1; });
        history.put(row("two"));
        wait_for([&] { return commands(history).size() == 2; });
        std::filesystem::create_directory(folder.path() / "gone");
        history.put(row("three"));
        wait_for([&] { return parse_history(text("gone/history")).size() == 3; });
    }  // what it is about to say is said
    const auto told = log.take();
    EXPECT_EQ(std::ranges::count(told, '\n'), 2) << told;
    EXPECT_TRUE(told.starts_with("error: history: ")) << told;
    EXPECT_NE(told.find("takes changes again; none was lost"), std::string::npos) << told;
}

/// /dev/full is a disk without room.
TEST_F(ChangeHistoryTest, AFullDiskIsToldAndCountedAtTheEnd) {
    std::filesystem::create_symlink("/dev", folder.path() / "dev");
    {
        ChangeHistory history(folder.path() / "dev" / "full");
        history.put(row("one"));
        wait_for([&] { return commands(history).size() == 1; });
    }
    const auto told = log.take();
    EXPECT_NE(told.find("No space left on device"), std::string::npos) << told;
    EXPECT_NE(told.find("history: 1 changes are not written"), std::string::npos) << told;
}

/// /dev/zero takes what is written, and syncs nothing.
TEST_F(ChangeHistoryTest, WhatIsNotSyncedIsNotWritten) {
    std::filesystem::create_symlink("/dev", folder.path() / "dev");
    {
        ChangeHistory history(folder.path() / "dev" / "zero");
        history.put(row("one"));
        wait_for([&] { return commands(history).size() == 1; });
    }
    const auto told = log.take();
    EXPECT_TRUE(told.starts_with("error: history: ")) << told;
    EXPECT_NE(told.find("history: 1 changes are not written"), std::string::npos) << told;
}

}  // namespace
}  // namespace honeyswitch::control
