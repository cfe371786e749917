// The configuration of honeyrecord, and its command line.
#include "tools/honeyrecord/config/record_config.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"
#include "tools/honeyrecord/command_line.hpp"

namespace honeyswitch::record {
namespace {

const std::filesystem::path example = std::filesystem::path(SOURCE_ROOT) / "conf/honeyrecord.toml";

std::expected<Launch, Declined> parse(std::vector<std::string> words) {
    std::vector<const char*> arguments{"honeyrecord"};
    for (const auto& word : words) arguments.push_back(word.c_str());
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(RecordConfig, TheExampleIsReadWithoutAWarning) {
    const auto draft = read_config(example);
    ASSERT_TRUE(draft) << draft.error().message();
    EXPECT_TRUE(draft->warnings.empty());
}

TEST(RecordConfig, TheExampleShowsEverySettingWithItsDefault) {
    std::ifstream file(example);
    std::string text, line;
    while (std::getline(file, line)) {
        const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        text += (setting ? line.substr(1) : line) + "\n";
    }
    const TemporaryFolder folder;
    const auto draft = read_config(folder.write("honeyrecord.toml", text));
    ASSERT_TRUE(draft) << draft.error().message();
    for (const auto& setting : record_settings()) {
        EXPECT_TRUE(draft->places.contains(setting.name())) << setting.name();
        EXPECT_EQ(setting.show(draft->config), setting.show(RecordConfig{})) << setting.name();
    }
}

TEST(RecordConfig, WhatIsWrongIsToldWithItsPlace) {
    const TemporaryFolder folder;
    const auto path = folder.write("x.toml",
                                   "queu = 5\n"
                                   "[lines]\n"
                                   "age = \"5\"\n"
                                   "keep = 0\n"
                                   "[store]\n"
                                   "megabytes = \"many\"\n");
    const auto draft = read_config(path);
    ASSERT_FALSE(draft);
    const auto message = draft.error().message();
    for (const auto* const expected :
         {":1:1: unknown key 'queu'; did you mean 'queue'?", ":3:7: [lines] age: '5'",
          ":4:8: [lines] keep: '0' is", ":6:13: [store] megabytes must be an integer, not a string"})
        EXPECT_TRUE(message.contains(path.string() + expected)) << message;
    EXPECT_TRUE(read_config(folder.path() / "none").error().message().ends_with("No such file or directory"));
    EXPECT_TRUE(read_config(folder.write("y.toml", "[lines\n")).error().message().contains("y.toml:1:"));
}

TEST(RecordConfig, PathsAreRelativeToTheFile) {
    const TemporaryFolder folder;
    const auto draft =
        read_config(folder.write("x.toml", "[lines]\nfile = \"a.jsonl\"\n[store]\nfile = \"\"\n"));
    ASSERT_TRUE(draft);
    EXPECT_EQ(draft->config.lines_file, folder.path() / "a.jsonl");
    EXPECT_TRUE(draft->config.store_file.empty());
}

TEST(RecordCommandLine, OverridesTheFile) {
    const TemporaryFolder folder;
    const auto path = folder.write("x.toml", "[lines]\nfile = \"a.jsonl\"\nkeep = 3\n");
    const auto launch = parse({"--config", path.string(), "--lines-keep", "4", "--check"});
    ASSERT_TRUE(launch) << launch.error().text("honeyrecord");
    EXPECT_TRUE(launch->check);
    EXPECT_EQ(launch->config.lines_kept, 4U);
    EXPECT_EQ(launch->config.lines_file, folder.path() / "a.jsonl");
}

TEST(RecordCommandLine, DeclinesWithAReason) {
    EXPECT_EQ(parse({"--version"}).error().code(), stopped_on_request);
    EXPECT_TRUE(parse({"--help"}).error().shown.contains("--store-file"));
    EXPECT_EQ(parse({"--lines-keep", "0"}).error().code(), bad_configuration);
    EXPECT_TRUE(parse({"--line-keep", "1"}).error().complaint.reason.contains("did you mean"));
    const auto nothing = parse({"--lines-file", "", "--store-file", ""});
    ASSERT_FALSE(nothing);
    EXPECT_TRUE(nothing.error().complaint.reason.starts_with("nothing would be written"));
}

}  // namespace
}  // namespace honeyswitch::record
