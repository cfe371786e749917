// What honeyctl prints of the files that honeyrecord writes.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"
#include "tests/unit/tools/honeyrecord/events.hpp"
#include "tools/honeyctl/command_line.hpp"
#include "tools/honeyrecord/lines/line_file.hpp"
#include "tools/honeyrecord/store/session_store.hpp"

namespace honeyswitch::honeyctl {
namespace {

using record::begin_event;
using record::end_event;
using record::moment;

class Recorded : public testing::Test {
  protected:
    Recorded() {
        auto store = record::SessionStore::open({.file = path});
        EXPECT_TRUE(store) << store.error();
        EXPECT_TRUE(store->write(std::vector{begin_event(7, 0), end_event(7, 61'500), begin_event(8, 1000)},
                                 moment()));
    }

    /// As it would be typed, an hour after the sessions.
    std::string run(std::vector<std::string> words) {
        std::vector<const char*> arguments{"honeyctl"};
        for (const auto& word : words) arguments.push_back(word.c_str());
        auto line = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
        if (!line) return "declined: " + line.error().text("honeyctl");
        if (!line->command->is_recorded(line->selection)) return "asks the switch";
        line->selection.now = std::chrono::floor<std::chrono::milliseconds>(moment(3'600'000));
        std::string printed;
        const auto done = line->command->recorded(line->selection, [&](std::string_view text) {
            printed += text;
            return true;
        });
        return done ? printed : "error: " + done.error();
    }

    TemporaryFolder folder;
    std::filesystem::path path = folder.path() / "sessions.db";
    std::string of_store = "--store=" + path.string();
};

TEST_F(Recorded, SessionsThatWereAndThoseThatAre) {
    EXPECT_EQ(run({"sessions", "--source", "198.51.100.7"}), "asks the switch");
    const auto id = std::to_string(begin_event(7, 0)->session->flow_id);
    const auto text = run({"sessions", "--since", "2h", of_store, "--stage", "payload"});
    EXPECT_TRUE(text.starts_with("BEGIN  ")) << text;
    EXPECT_EQ(std::ranges::count(text, '\n'), 2);
    EXPECT_TRUE(text.contains("2026-11-27T03:40:00.000000+0000  ")) << text;
    EXPECT_TRUE(text.contains(id + "  TCP    198.51.100.7  40000  10.1.2.3        22  pot       payload"))
        << text;
    EXPECT_EQ(std::ranges::count(run({"sessions", "--since", "3599s", of_store}), '\n'), 2);
    EXPECT_EQ(std::ranges::count(run({"sessions", "--since", "1h", of_store}), '\n'), 3);
    EXPECT_EQ(std::ranges::count(run({"sessions", "--since", "1h", of_store, "--limit", "1"}), '\n'), 2);
    EXPECT_EQ(std::ranges::count(run({"sessions", "--since", "1h", of_store, "--port", "23"}), '\n'), 1);
    const auto json = Json::parse(run({"sessions", "--since", "1h", of_store, "--json", "--sort", "bytes"}));
    EXPECT_EQ(json["time"], "2026-11-27T04:40:00.000Z");
    EXPECT_EQ(json["rows"][0]["flow"], 7);
}

TEST_F(Recorded, WhatOnlyTheStoreKnowsNeedsATime) {
    EXPECT_TRUE(run({"sessions", "--port", "22"}).contains("--since: is missing"))
        << run({"sessions", "--port", "22"});
    EXPECT_TRUE(run({"sessions", "--since", "1h", "--stage", "none"}).starts_with("declined: "));
    EXPECT_TRUE(run({"sessions", "--since", "5"}).starts_with("declined: "));
}

TEST_F(Recorded, OneSession) {
    const auto text = run({"session", "7", of_store});
    EXPECT_TRUE(text.contains("src_ip          198.51.100.7\n")) << text;
    EXPECT_TRUE(text.contains("domain          10.1.0.0/16\n")) << text;
    EXPECT_EQ(run({"session", "99", of_store}), "error: the store " + path.string() + " has no session '99'");
}

TEST_F(Recorded, Reports) {
    EXPECT_EQ(run({"report", of_store}),
              "PORT    SESSIONS  ANSWERED  HANDSHAKE  PAYLOAD  SOURCES  PACKETS  BYTES\n"
              "tcp/22         2         1          1        1        2        9    700\n");
    EXPECT_TRUE(run({"report", "--by", "hour", of_store}).starts_with("HOUR               SESSIONS"));
    EXPECT_TRUE(run({"report", "--by", "source", of_store}).starts_with("declined: "));
}

TEST_F(Recorded, Addresses) {
    EXPECT_EQ(run({"addresses", "10.1.2.3", "--history", of_store}),
              "TIME  STATE  VOUCHER\n\n10.1.2.3: 2 sessions to it, 0 from it.\n");
    EXPECT_TRUE(run({"addresses", "10.1.2", of_store}).starts_with("declined: "));
}

TEST_F(Recorded, AStoreThatIsNoneIsAnError) {
    EXPECT_EQ(run({"report", "--store", "/nowhere/x"}),
              "error: the store /nowhere/x cannot be read: No such file or directory");
    EXPECT_TRUE(run({"report", "--store", folder.write("x", std::string(5000, 'x')).string()})
                    .ends_with("is no store of honeyrecord: it is no SQLite database"));
}

TEST_F(Recorded, AuditVerifiesLines) {
    const auto lines = folder.path() / "events.jsonl";
    auto file = record::LineFile::open({.file = lines});
    ASSERT_TRUE(file && file->write(std::vector{begin_event(1, 0), end_event(1, 5)}, moment()));
    EXPECT_EQ(run({"audit", "--verify", lines.string()}),
              "2 lines follow from each other; the hash of the last is " + file->head() +
                  "\nthe first line is the first of all\n");
    std::filesystem::resize_file(lines, std::filesystem::file_size(lines) - 1);
    EXPECT_EQ(run({"audit", "--verify", lines.string()}),
              "error: " + lines.string() + ":2: the line has no end: it was cut off");
    EXPECT_TRUE(run({"audit"}).starts_with("declined: "));
}

}  // namespace
}  // namespace honeyswitch::honeyctl
