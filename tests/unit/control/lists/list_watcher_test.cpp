#include "control/lists/list_watcher.hpp"

#include <array>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <poll.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include "control/events/event_lines.hpp"
#include "tests/unit/fixtures/in_order.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

struct Table final : ListSink {
    bool set_listed(Ipv4Prefix entry, std::uint64_t lists) override {
        entries.erase(to_string(entry));
        if (lists != 0) entries[to_string(entry)] = lists;
        return true;
    }
    std::map<std::string, std::uint64_t> entries;
};
using Entries = std::map<std::string, std::uint64_t>;

struct ListWatcherTest : testing::Test {
    ListWatcherTest() {
        auto logger = std::make_shared<spdlog::logger>(
            "test", std::make_shared<spdlog::sinks::ostream_sink_st>(logged));
        logger->set_pattern("%l: %v");
        before = spdlog::default_logger();
        spdlog::set_default_logger(logger);
    }
    ~ListWatcherTest() override { spdlog::set_default_logger(before); }

    [[nodiscard]] std::filesystem::path path(const char* name) const { return folder.path() / name; }
    void write(const char* name, const std::string& text) const { std::ofstream(path(name)) << text; }
    void append(const char* name, const std::string& text) const {
        std::ofstream(path(name), std::ios::app) << text;
    }
    void begin() {
        watcher.emplace(sources, in_order(lists), logs, events, now);
        while (sources.busy()) sources.tick(now);
    }
    /// Lets it do all that it wants to, with time going on meanwhile. No tick(): inotify alone.
    void serve() {
        for (int i = 0; i < 20; ++i) {
            now += 50ms;
            watcher->service(now);
            while (sources.busy()) sources.tick(now);
        }
    }
    void tick(int times) {
        for (int i = 0; i < times; ++i) {
            now += 1s;
            watcher->tick(now);
            while (sources.busy()) sources.tick(now);
        }
    }
    /// What was logged since the last call.
    std::string log() {
        auto text = logged.str();
        logged.str("");
        for (auto at = text.find(folder.path().string()); at != std::string::npos;
             at = text.find(folder.path().string()))
            text.replace(at, folder.path().string().size() + 1, "");
        return text;
    }
    static std::string failures(const char* address, int count) {
        std::string text;
        for (int i = 0; i < count; ++i)
            text += std::string("Nov 23 10:00:00 gate sshd[1]: Failed password for root from ") + address +
                    " port 5 ssh2\n";
        return text;
    }

    std::ostringstream logged;
    std::shared_ptr<spdlog::logger> before;
    TemporaryFolder folder;
    TimePoint now{1'000'000ms};
    std::array<SourceList, 2> lists = [this] {
        std::array<SourceList, 2> made;
        made[0].name = "bad";
        made[0].file = path("bad.txt");
        made[1].name = "ssh";
        return made;
    }();
    std::array<AuthLog, 1> logs{AuthLog{.file = path("auth.log"), .list = 1}};
    Table table;
    EventBus events;
    EventLines lines{events};
    SourceLists sources{in_order(lists), 100'000, table, events};
    std::optional<ListWatcher> watcher;
};

TEST_F(ListWatcherTest, LoadsAllFilesAtTheStart) {
    write("bad.txt", "203.0.113.7\n198.51.100.0/24\n");
    write("auth.log", failures("1.2.3.4", 100));
    begin();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.7/32", 1}, {"198.51.100.0/24", 1}}));
    EXPECT_EQ(log(), "info: list bad: 2 sources in bad.txt\n");
}

TEST_F(ListWatcherTest, AMissingFileIsAWarningAndReadWhenItAppears) {
    write("auth.log", "");
    begin();
    EXPECT_EQ(log(),
              "warning: list bad: bad.txt: No such file or directory; nothing of it is on the list until it "
              "can be read\n");
    write("bad.txt", "203.0.113.7\n");
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.7/32", 1}}));
}

TEST_F(ListWatcherTest, FollowsEachWayOfSaving) {
    write("bad.txt", "203.0.113.1\n");
    begin();
    write("bad.txt", "203.0.113.2\n");
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.2/32", 1}})) << "in place";
    write("bad.txt.new", "203.0.113.3\n");
    std::filesystem::rename(path("bad.txt.new"), path("bad.txt"));
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.3/32", 1}})) << "renamed";
    std::filesystem::rename(path("bad.txt"), path("bad.txt~"));
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.3/32", 1}})) << "no gap";
    write("bad.txt", "203.0.113.4\n");
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.4/32", 1}})) << "renamed and created";
    write("bad.txt", "");
    serve();
    EXPECT_EQ(table.entries, Entries{}) << "emptied";
}

TEST_F(ListWatcherTest, HalfAFileIsNotRead) {
    write("bad.txt", "203.0.113.1\n203.0.113.2\n");
    begin();
    std::ofstream file(path("bad.txt"));
    file << "203.0.113.1\n" << std::flush;
    serve();
    EXPECT_EQ(table.entries.size(), 2U);
    file << "203.0.113.2\n203.0.113.3\n" << std::flush;
    serve();
    EXPECT_EQ(table.entries.size(), 2U);
    file.close();
    serve();
    EXPECT_EQ(table.entries.size(), 3U);
}

TEST_F(ListWatcherTest, AFileThatIsWrittenAllTheTimeIsReadNevertheless) {
    write("bad.txt", "203.0.113.1\n");
    begin();
    for (int i = 2; i < 60; ++i) {
        append("bad.txt", "203.0.113." + std::to_string(i) + "\n");
        now += 100ms;
        watcher->service(now);
        watcher->service(now);
        while (sources.busy()) sources.tick(now);
    }
    EXPECT_GT(table.entries.size(), 20U);
}

TEST_F(ListWatcherTest, ABrokenFileLeavesWhatWasBeforeInForce) {
    write("bad.txt", "203.0.113.1\n");
    write("auth.log", "");
    begin();
    log();
    write("bad.txt", "203.0.113.2\n10.1.0.1/16\n");
    serve();
    tick(5);
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.1/32", 1}}));
    EXPECT_EQ(log(),
              "error: list bad: bad.txt:2: '10.1.0.1/16' has bits below its mask; did you mean 10.1.0.0/16?; "
              "what the file said before stays in force\n");
}

TEST_F(ListWatcherTest, ADeletedFileIsAWarningAndStaysInForce) {
    write("bad.txt", "203.0.113.1\n");
    write("auth.log", "");
    begin();
    log();
    std::filesystem::remove(path("bad.txt"));
    serve();
    tick(5);
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.1/32", 1}}));
    EXPECT_EQ(
        log(),
        "warning: list bad: bad.txt: No such file or directory; what it said stays in force, as an editor "
        "may be about to save it anew; to empty the list, empty the file\n");
}

TEST_F(ListWatcherTest, ChangesThatInotifyDoesNotSeeAreFoundByLooking) {
    std::filesystem::create_directory(path("elsewhere"));
    write("elsewhere/bad.txt", "203.0.113.1\n");
    std::filesystem::create_symlink(path("elsewhere/bad.txt"), path("bad.txt"));
    begin();
    write("elsewhere/bad.txt", "203.0.113.2\n203.0.113.3\n");
    serve();
    EXPECT_EQ(table.entries.size(), 1U);
    tick(3);
    EXPECT_EQ(table.entries.size(), 2U);
}

TEST_F(ListWatcherTest, AFolderThatAppearsLaterIsWatched) {
    lists[0].file = path("later/bad.txt");
    begin();
    std::filesystem::create_directory(path("later"));
    tick(1);
    write("later/bad.txt", "203.0.113.1\n");
    serve();
    EXPECT_EQ(table.entries.size(), 1U);
}

TEST_F(ListWatcherTest, ALargeFileIsReadInPortions) {
    begin();
    std::string text;
    for (unsigned i = 0; i < 100'000; ++i) text += to_string(Ipv4Address{0x0a000000 + i}) + "\n";
    write("bad.txt", text);
    serve();
    EXPECT_LT(table.entries.size(), 100'000U);
    for (int i = 0; i < 3; ++i) serve();
    EXPECT_EQ(table.entries.size(), 100'000U);
}

TEST_F(ListWatcherTest, NoRegularFileIsNoList) {
    std::filesystem::create_directory(path("bad.txt"));
    write("auth.log", "");
    begin();
    EXPECT_EQ(log(),
              "error: list bad: bad.txt: not a regular file; nothing of it is on the list until it can be "
              "read\n");
}

TEST_F(ListWatcherTest, ASourceThatFailsOftenGoesOnTheList) {
    write("bad.txt", "");
    write("auth.log", failures("203.0.113.8", 4));
    begin();
    log();
    append("auth.log", failures("203.0.113.7", 4) + failures("203.0.113.8", 1));
    serve();
    EXPECT_EQ(table.entries, Entries{});
    append("auth.log", failures("203.0.113.7", 1));
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.7/32", 2}}));
    EXPECT_EQ(log(), "info: list ssh: 203.0.113.7 for 24h, after 5 failures in auth.log\n");
    sources.tick(now + 24h);
    EXPECT_EQ(table.entries, Entries{});
}

TEST_F(ListWatcherTest, ALogIsFollowedThroughRotationAndByTickAlone) {
    write("bad.txt", "");
    begin();
    EXPECT_EQ(log(),
              "info: list bad: 0 sources in bad.txt\n"
              "warning: log auth.log: No such file or directory; it is followed once it can be read\n");
    append("auth.log", failures("203.0.113.7", 3));
    serve();
    EXPECT_EQ(log(), "info: log auth.log: is followed\n");
    std::filesystem::rename(path("auth.log"), path("auth.log.1"));
    append("auth.log", failures("203.0.113.7", 2) + failures("203.0.113.9", 4000));
    serve();
    EXPECT_EQ(table.entries.size(), 2U);
    append("auth.log", failures("203.0.113.10", 5));
    tick(1);
    EXPECT_EQ(table.entries.size(), 3U);
}

TEST_F(ListWatcherTest, TheDescriptorTellsWhenToServe) {
    write("bad.txt", "");
    begin();
    const auto readable = [&] {
        pollfd waiting{.fd = watcher->descriptor(), .events = POLLIN, .revents = 0};
        return poll(&waiting, 1, 5'000) == 1;
    };
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += failures("203.0.113.9", 5);
    append("auth.log", text);
    write("bad.txt", "203.0.113.7\n");
    // Nothing but the descriptor makes it go on: with the log's portions, and when the list has settled.
    const auto began = std::chrono::steady_clock::now();
    while (table.entries.size() < 2) {
        ASSERT_TRUE(readable());
        watcher->service(now +
                         std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began));
        while (sources.busy()) sources.tick(now);
    }
}

TEST_F(ListWatcherTest, ANewConfigurationKeepsThePlaceInItsLogs) {
    write("bad.txt", "203.0.113.1\n");
    write("auth.log", "");
    begin();
    append("auth.log", failures("203.0.113.7", 3));
    serve();
    append("auth.log", failures("203.0.113.7", 2));
    write("other.txt", "203.0.113.2\n");
    std::vector<Numbered<SourceList>> next{{1, lists[1]}, {0, lists[0]}};
    next[1].record.file = path("other.txt");
    logs[0].list = 0;
    sources.reconfigure(next);
    watcher->reconfigure(next, logs, now);
    serve();
    EXPECT_EQ(table.entries, (Entries{{"203.0.113.7/32", 2}, {"203.0.113.2/32", 1}}));
}

TEST_F(ListWatcherTest, ALogOfWhichNothingIsUnderstoodIsToldAndCounted) {
    write("bad.txt", "");
    write("auth.log", "");
    begin();
    log();
    const std::string strange = "sshd says: Failed password for root from 203.0.113.7 port 5 ssh2\n";
    append("auth.log", strange + strange);
    serve();
    EXPECT_EQ(log(), "");
    append("auth.log", strange + strange);
    serve();
    EXPECT_EQ(log(),
              "warning: log auth.log: none of the last 3 lines is understood as one of sshd's, though 3 look "
              "like failures, so nobody is found to fail there: 'sshd says: Failed password for root from "
              "203.0.113.7 port 5 ssh2'\n");
    now += 1h;
    append("auth.log", strange);
    serve();
    EXPECT_TRUE(log().contains("none of the last 5 lines"));
    append("auth.log", failures("203.0.113.8", 2));
    serve();
    EXPECT_EQ(log(), "warning: log auth.log: lines of sshd are understood now\n");
    std::string cron;
    for (int i = 0; i < 1'000; ++i) cron += "Nov 23 10:00:00 gate CRON[1]: session opened\n";
    append("auth.log", cron);
    serve();
    EXPECT_TRUE(log().contains("none of the last 1000 lines is one of sshd's"));
    EXPECT_EQ(
        watcher->logs(),
        (std::vector{FollowedLog{
            .file = path("auth.log").string(), .list = "ssh", .lines = 1'007, .of_sshd = 2, .failures = 2}}));
}

/// A reload that names another file for a list.
TEST_F(ListWatcherTest, WhatAnotherFileSaidGoesEvenIfTheNewOneCannotBeRead) {
    struct Row {
        const char *text, *said;
    };
    for (const auto& [text, said] :
         {Row{"203.0.113.2\nfoo\n", "error: list bad: new.txt:2: 'foo' is not an IPv4 address"},
          Row{nullptr, "warning: list bad: new.txt: No such file or directory"}}) {
        std::filesystem::remove(path("new.txt"));
        write("bad.txt", "203.0.113.1\n");
        write("auth.log", "");
        lists[0].file = path("bad.txt");
        sources.reconfigure(in_order(lists));
        begin();
        ASSERT_EQ(table.entries, (Entries{{"203.0.113.1/32", 1}}));
        log();
        if (text != nullptr) write("new.txt", text);
        lists[0].file = path("new.txt");
        sources.reconfigure(in_order(lists));
        watcher->reconfigure(in_order(lists), logs, now);
        serve();
        EXPECT_EQ(table.entries, Entries{});
        EXPECT_EQ(log(), std::string(said) +
                             "; nothing of it is on the list until it can be read, and what the "
                             "former file said is taken out\n");
        write("new.txt", "203.0.113.1\n");
        serve();
        EXPECT_EQ(table.entries, (Entries{{"203.0.113.1/32", 1}}));
    }
}

TEST_F(ListWatcherTest, EachTurnReadsOnePortionOfOneList) {
    lists[1].file = path("ssh.txt");
    std::string text;
    for (unsigned i = 0; i < 20'000; ++i) text += "10.0.0." + std::to_string(i % 256) + "\n";
    begin();
    write("bad.txt", text);
    write("ssh.txt", text);
    std::string said = (log(), "");
    unsigned turns = 0;
    for (; turns < 100 && !said.contains("ssh.txt"); ++turns) {
        now += 1s;
        watcher->service(now);
        said += log();
    }
    EXPECT_EQ(said, "info: list bad: 256 sources in bad.txt\ninfo: list ssh: 256 sources in ssh.txt\n");
    EXPECT_GE(turns, 2 * (1 + text.size() / 65'536)) << "each portion of each had a turn of its own";
}

}  // namespace
}  // namespace honeyswitch::control
