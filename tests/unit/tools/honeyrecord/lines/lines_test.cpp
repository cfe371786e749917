// JSON Lines: their names, their file, and the chain of hashes over them.
#include <csignal>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/unit/fixtures/temporary_folder.hpp"
#include "tests/unit/tools/honeyrecord/events.hpp"
#include "tools/honeyrecord/lines/chain.hpp"
#include "tools/honeyrecord/lines/eve_line.hpp"
#include "tools/honeyrecord/lines/line_file.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> lines_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

/// Files cannot grow beyond this, as on a disk that is full; the end takes that back.
class FullDisk {
  public:
    explicit FullDisk(rlim_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;

  private:
    rlimit before_{};
};

class Lines : public testing::Test {
  protected:
    LineFile open(LineFileSettings settings = {}) {
        settings.file = path;
        auto file = LineFile::open(std::move(settings));
        EXPECT_TRUE(file) << file.error().message();
        return std::move(*file);
    }
    std::vector<std::filesystem::path> all_files() const {
        auto files = rotated_files(path);
        files.push_back(path);
        return files;
    }

    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "events.jsonl";
};

TEST(EveLine, HasSuricatasNamesAndAllThatTheSwitchTold) {
    const auto event =
        session_event("session_begin", 7, 123, R"(,"reason":"dark","vlan":[5,6],"link":"west")");
    EXPECT_EQ(eve_line(*event),
              fmt::format(R"({{"timestamp":"2026-11-27T03:40:00.123000+0000","flow_id":{},)"
                          R"("event_type":"session_begin","flow":7,"created_ms":1000,)"
                          R"("src_ip":"198.51.100.7","src_port":40000,"dest_ip":"10.1.2.3","dest_port":22,)"
                          R"("proto":"TCP","honeypot":"pot","reason":"dark","vlan":[5,6],"link":"west",)"
                          R"("in_iface":"west","community_id":"{}"}})",
                          event->session->flow_id, event->session->community_id));
}

TEST(EveLine, OfOtherEventsHasNoMembersOfSessions) {
    const auto event = parse_event(
        R"({"timestamp":"2026-11-27T03:40:00Z","event_type":"link","state":"up","port":"in \u0001\"","link":"a"})");
    ASSERT_TRUE(event);
    EXPECT_EQ(eve_line(**event),
              R"({"timestamp":"2026-11-27T03:40:00.000000+0000","event_type":"link","state":"up",)"
              R"("port":"in \u0001\"","link":"a"})");
}

TEST_F(Lines, EachHasTheHashOfTheOneBefore) {
    auto file = open();
    ASSERT_TRUE(file.write(std::vector{begin_event(1, 0), end_event(1, 90)}, moment()));
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_EQ(previous_of(lines[0]), chain_begin());
    EXPECT_EQ(previous_of(lines[1]), line_hash(lines[0]));
    EXPECT_EQ(file.head(), line_hash(lines[1]));
    const auto report = verify_chain(all_files());
    ASSERT_TRUE(report) << report.error();
    EXPECT_EQ(report->lines, 2U);
    EXPECT_EQ(report->head, file.head());
}

TEST_F(Lines, WithoutAChainTheyHaveNoHash) {
    auto file = open({.chain = false});
    ASSERT_TRUE(file.write(std::vector{begin_event(1, 0)}, moment()));
    EXPECT_EQ(lines_of(path).at(0), eve_line(*begin_event(1, 0)));
}

TEST_F(Lines, WhatWasChangedTakenOutOrMovedShows) {
    {
        auto file = open();
        for (unsigned i = 0; i < 4; ++i) ASSERT_TRUE(file.write(std::vector{begin_event(i, i)}, moment()));
    }
    const auto lines = lines_of(path);
    const auto with = [&](std::vector<std::string> changed) {
        std::ofstream file(path);
        for (const auto& line : changed) file << line << "\n";
        file.close();
        const auto report = verify_chain(std::vector{path});
        return report ? std::string("whole") : report.error();
    };
    auto forged = lines;
    forged[1].replace(forged[1].find("198.51"), 6, "203.51");
    EXPECT_TRUE(with(forged).starts_with(path.string() + ":3: the line before it has the hash"))
        << with(forged);
    EXPECT_TRUE(with({lines[0], lines[2], lines[3]}).starts_with(path.string() + ":2: "));
    EXPECT_TRUE(with({lines[0], lines[2], lines[1], lines[3]}).starts_with(path.string() + ":2: "));
    EXPECT_EQ(with({lines[0], "{}"}),
              path.string() + ":2: the line does not say the hash of the line before it");
    EXPECT_EQ(with(lines), "whole");
}

TEST_F(Lines, TheChainGoesOnOverRotationsAndRestarts) {
    for (unsigned restart = 0; restart < 3; ++restart) {
        auto file = open({.most_bytes = 600});
        for (unsigned i = 0; i < 5; ++i)
            ASSERT_TRUE(file.write(std::vector{begin_event(i, i)}, moment(restart * 1000)));
    }
    EXPECT_GT(all_files().size(), 4U);
    const auto report = verify_chain(all_files());
    ASSERT_TRUE(report) << report.error();
    EXPECT_EQ(report->lines, 15U);
    EXPECT_EQ(report->first, chain_begin());
}

TEST_F(Lines, AnOldFileIsRotatedAndTheOldestGo) {
    auto file = open({.most_age = 1h, .kept = 2});
    for (unsigned hour = 0; hour < 6; ++hour) {
        const auto at = std::int64_t{hour} * 3'600'000;
        ASSERT_TRUE(file.write(std::vector{begin_event(hour, at)}, moment(at)));
    }
    EXPECT_EQ(rotated_files(path).size(), 2U);
    EXPECT_EQ(file.rotations(), 5U);
    EXPECT_EQ(lines_of(path).size(), 1U);
    EXPECT_TRUE(rotated_files(path).back().string().ends_with("events.jsonl.20261127T084000Z"));
    ASSERT_TRUE(file.tick(moment(7 * 3'600'000)));
    EXPECT_EQ(std::filesystem::file_size(path), 0U) << "without a new event too";
}

TEST_F(Lines, AFullDiskIsCountedAndAGapSaysSo) {
    auto file = open();
    ASSERT_TRUE(file.write(std::vector{begin_event(1, 0)}, moment()));
    const auto size = std::filesystem::file_size(path);
    {
        const FullDisk full(size + 100);
        const auto refused = file.write(std::vector{begin_event(2, 1), begin_event(3, 2)}, moment());
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().message(), "cannot write to " + path.string() + ": File too large");
        EXPECT_EQ(file.lost(), 2U);
        EXPECT_EQ(std::filesystem::file_size(path), size) << "a part of a line is cut off";
    }
    ASSERT_TRUE(file.write(std::vector{begin_event(4, 3)}, moment(5)));
    const auto lines = lines_of(path);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[1].contains(R"("event_type":"gap","events":2,"cause":"unwritten")")) << lines[1];
    EXPECT_TRUE(verify_chain(all_files()));
    EXPECT_EQ(file.lost(), 0U);
}

TEST_F(Lines, ALineThatWasCutOffIsTakenAwayAtTheStart) {
    {
        auto file = open();
        ASSERT_TRUE(file.write(std::vector{begin_event(1, 0)}, moment()));
    }
    std::ofstream(path, std::ios::app) << R"({"timestamp":"2026-)";
    auto file = open();
    ASSERT_TRUE(file.write(std::vector{begin_event(2, 1)}, moment()));
    EXPECT_EQ(lines_of(path).size(), 2U);
    EXPECT_TRUE(verify_chain(all_files()));
}

TEST_F(Lines, WhatOthersRenamedIsMadeAnew) {
    auto file = open();
    ASSERT_TRUE(file.write(std::vector{begin_event(1, 0)}, moment()));
    const auto renamed = folder.path() / "events.jsonl-old";
    std::filesystem::rename(path, renamed);
    ASSERT_TRUE(file.write(std::vector{begin_event(2, 1)}, moment()));
    EXPECT_EQ(lines_of(renamed).size(), 2U) << "until it is told";
    ASSERT_TRUE(file.reopen());
    ASSERT_TRUE(file.write(std::vector{begin_event(3, 2)}, moment()));
    EXPECT_EQ(lines_of(path).size(), 1U);
    EXPECT_TRUE(verify_chain(std::vector{renamed, path}));
}

TEST_F(Lines, WhatCannotBeOpenedIsAnError) {
    const auto file = LineFile::open({.file = folder.path() / "none" / "x"});
    ASSERT_FALSE(file);
    EXPECT_TRUE(file.error().message().ends_with("x: No such file or directory"));
    EXPECT_FALSE(LineFile::open({.file = folder.path()}));
}

}  // namespace
}  // namespace honeyswitch::record
