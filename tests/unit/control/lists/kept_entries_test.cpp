#include "control/lists/kept_entries.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/heard_log.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

const auto one = *parse_prefix("198.51.100.7/32"), net = *parse_prefix("203.0.113.0/24");
constexpr WallTime now{1'764'043'200s};

TEST(KeptEntries, SurviveTheirText) {
    const KeptEntries entries{
        {{"scanners", one}, std::nullopt}, {{"scanners", net}, now + 5s}, {{"ssh", one}, now}};
    const auto read = parse_kept(kept_text(entries, now));
    ASSERT_TRUE(read) << read.error();
    EXPECT_EQ(*read, (KeptEntries{{{"scanners", one}, std::nullopt}, {{"scanners", net}, now + 5s}}));
}

TEST(KeptEntries, AreRefusedIfAnythingIsWrong) {
    const auto good = kept_text({{{"scanners", one}, now + 5s}}, now);
    for (std::size_t size = 0; size + 1 < good.size(); ++size)
        EXPECT_FALSE(parse_kept(good.substr(0, size))) << "cut off after " << size;
    const std::string title = good.substr(0, good.find('\n') + 1);
    for (const std::string line :
         {"x", "scanners 10.0.0.1", "scanners 10.0.0.1/33 until-removed", "scanners 10.0.0.1/32",
          "scanners 10.0.0.1/32 until", "scanners 10.0.0.1/32 until x",
          "scanners 10.0.0.1/32 until-removed x", "end\nscanners 10.0.0.1/32 until-removed"})
        EXPECT_FALSE(parse_kept(title + line + "\nend\n")) << line;
}

TEST(KeptFile, ComesBackAfterARestart) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "entries";
    {
        KeptFile kept(file);
        kept.put("scanners", one, std::nullopt);
        kept.put("scanners", net, now + 1h);
        kept.put("gone", one, std::nullopt);
        kept.remove("scanners", net);
        kept.put("ssh", net, WallTime::max());
    }
    KeptFile kept(file);
    EXPECT_EQ(kept.entries().size(), 3U);
    std::array<SourceList, 2> lists;
    lists[0].name = "scanners";
    lists[1].name = "ssh";
    HeardLog log;
    kept.only(lists);
    EXPECT_EQ(log.take(),
              "warning: lists: 1 entries of the operator's are forgotten, as their lists are gone\n");
    kept.only(lists);
    EXPECT_EQ(log.take(), "");
    EXPECT_EQ(kept.entries(),
              (KeptEntries{{{"scanners", one}, std::nullopt}, {{"ssh", net}, WallTime::max()}}));
}

TEST(KeptFile, IsWrittenWhileTheSwitchRuns) {
    const TemporaryFolder folder;
    KeptFile kept(folder.path() / "entries");
    kept.put("scanners", one, std::nullopt);
    kept.tick(now);
    for (int i = 0; i < 1'000 && KeptFile(folder.path() / "entries").entries().empty(); ++i)
        std::this_thread::sleep_for(5ms);
    EXPECT_EQ(KeptFile(folder.path() / "entries").entries(), kept.entries());
}

TEST(KeptFile, WhatIsBrokenIsSetAsideAndTold) {
    const TemporaryFolder folder;
    const auto file = folder.write("entries", "nonsense\n");
    HeardLog log;
    KeptFile kept(file);
    EXPECT_TRUE(kept.entries().empty());
    EXPECT_TRUE(
        log.take().contains("entries are lost: " + file.string() + ": line 1: it is not of this version"));
    EXPECT_TRUE(std::filesystem::exists(file.string() + ".broken"));
    EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(KeptFile, WithoutAFileNothingIsKept) {
    KeptFile kept("");
    kept.put("scanners", one, std::nullopt);
    kept.tick(now);
    EXPECT_FALSE(kept.keeps());
    EXPECT_TRUE(kept.entries().empty());
}

TEST(KeptFile, AFolderThatIsGoneIsTold) {
    HeardLog log;
    {
        KeptFile kept("/nowhere/at/all");
        kept.put("scanners", one, std::nullopt);
    }
    EXPECT_TRUE(log.take().contains("are not kept: /nowhere/at/all.new: No such file or directory"));
}

}  // namespace
}  // namespace honeyswitch::control
