#include <vector>

#include <gtest/gtest.h>

#include "tools/honeyctl/command_line.hpp"

namespace honeyswitch::honeyctl {
namespace {

Ipv4Prefix prefix(const char* text) {
    return parse_prefix(text).value();
}

std::expected<CommandLine, Declined> parse(std::vector<const char*> words) {
    words.insert(words.begin(), "honeyctl");
    return parse_command_line(static_cast<int>(words.size()), words.data());
}

TEST(HoneyctlCommandLine, NamesACommandAndWhatItTakes) {
    const auto report = parse({"progress", "--by", "network", "--limit", "5", "--json", "--socket", "/x"});
    ASSERT_TRUE(report) << report.error().text("honeyctl");
    EXPECT_EQ(report->command->name, "progress");
    EXPECT_EQ(report->selection.by, "network");
    EXPECT_EQ(report->selection.limit, 5U);
    EXPECT_TRUE(report->selection.json);
    EXPECT_EQ(report->socket, "/x");
    const auto add = parse({"list", "add", "scanners", "198.51.100.7", "--for", "2h", "--socket", "/y"});
    ASSERT_TRUE(add) << add.error().text("honeyctl");
    EXPECT_EQ(add->command->name, "add");
    EXPECT_EQ(add->selection.list, "scanners");
    EXPECT_EQ(add->selection.prefix, prefix("198.51.100.7/32"));
    EXPECT_EQ(add->selection.lifetime_ms, 7'200'000);
    EXPECT_EQ(add->socket, "/y");
    const auto remove = parse({"list", "remove", "scanners", "192.0.2.0/24"});
    ASSERT_TRUE(remove) << remove.error().text("honeyctl");
    EXPECT_EQ(remove->command->name, "remove");
    EXPECT_EQ(remove->selection.prefix, prefix("192.0.2.0/24"));
    EXPECT_FALSE(remove->selection.lifetime_ms);
    const auto show = parse({"list", "show", "scanners"});
    ASSERT_TRUE(show) << show.error().text("honeyctl");
    EXPECT_EQ(show->selection.list, "scanners");
    const auto on = parse({"maintenance", "on"}), off = parse({"maintenance", "off"});
    ASSERT_TRUE(on && off);
    EXPECT_TRUE(on->selection.on);
    EXPECT_FALSE(off->selection.on);
}

TEST(HoneyctlCommandLine, EndsWithASentence) {
    const std::vector<std::vector<const char*>> wrong{{},
                                                      {"flow"},
                                                      {"list"},
                                                      {"list", "scanners"},
                                                      {"list", "show"},
                                                      {"list", "add", "scanners"},
                                                      {"list", "add", "scanners", "198.51.100.300"},
                                                      {"list", "add", "scanners", "10.0.0.1/8"},
                                                      {"list", "add", "scanners", "10.0.0.1", "--for", "5"},
                                                      {"list", "add", "scanners", "10.0.0.1", "--for", "0s"},
                                                      {"list", "show", "scanners", "--for", "5s"},
                                                      {"progress", "--by", "source"},
                                                      {"reload", "--json"},
                                                      {"reload", "--confirm", "5"},
                                                      {"reload", "--confirm", "500ms"},
                                                      {"reload", "--confirm", "2d"},
                                                      {"confirm", "--confirm", "5s"},
                                                      {"maintenance"},
                                                      {"maintenance", "of"},
                                                      {"sessions", "--limit", "-1"},
                                                      {"sessions", "--limit", "0"},
                                                      {"sessions", "--limit", "x"},
                                                      {"agents", "--source", "10.0.0.0/8"},
                                                      {"sessions", "--source", "10.0.0.1/8"}};
    for (const auto& words : wrong) {
        const auto line = parse(words);
        const auto shown = words.empty() ? "" : words.back();
        ASSERT_FALSE(line) << shown;
        EXPECT_EQ(line.error().code(), bad_configuration) << shown;
        EXPECT_FALSE(line.error().complaint.reason.empty()) << shown;
    }
    EXPECT_TRUE(
        parse({"sesions"})
            .error()
            .complaint.reason.starts_with("unknown command or option 'sesions'; did you mean 'sessions'?"));
    EXPECT_TRUE(parse({"list", "ad", "x"}).error().complaint.reason.contains("did you mean 'add'?"));
    const auto help = parse({"list", "--help"});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().code(), 0);
    EXPECT_NE(help.error().text("honeyctl").find("remove"), std::string::npos);
}

}  // namespace
}  // namespace honeyswitch::honeyctl
