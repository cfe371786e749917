// Every example configuration of conf/ can be used as it is.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "control/config/config_file.hpp"
#include "control/config/setting.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> examples() {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(SOURCE_ROOT "/conf")) {
        const auto name = entry.path().filename().string();
        if (name.starts_with("honeyswitch") && !name.starts_with("honeyswitch-agent") &&
            name.ends_with(".toml"))
            found.push_back(entry.path());
    }
    return found;
}

/// The text with every "#key = value" and "#[[table]]" brought to life; prose has a blank after its '#'.
std::string with_comments_in_force(const fs::path& path) {
    std::ifstream file(path);
    std::string text;
    for (std::string line; std::getline(file, line);) {
        const bool setting =
            line.size() > 1 && line[0] == '#' && (std::islower(line[1]) != 0 || line[1] == '[');
        text += line.substr(setting ? 1 : 0) + "\n";
    }
    return text;
}

/// Each kind of record is there, and each of its optional keys has a value.
void expect_every_record(const Config& config) {
    EXPECT_EQ(config.agents.size(), 1U);
    EXPECT_EQ(config.pools.size(), 2U);
    const auto& honeypot = config.honeypots.at(0);
    EXPECT_TRUE(honeypot.mac && honeypot.vlan && honeypot.check_tcp_port);
    EXPECT_EQ(config.rules.size(), 2U);
    EXPECT_FALSE(config.rules.at(0).sources.empty());
    const auto& decoy = config.rules.at(1);
    EXPECT_TRUE(!decoy.destinations.empty() && decoy.protocol && !decoy.ports.empty());
    EXPECT_EQ(config.lists.size(), 2U);
    EXPECT_TRUE(config.lists.at(0).protocol && !config.lists.at(0).ports.empty());
    EXPECT_EQ(config.auth_logs.size(), 1U);
    EXPECT_EQ(config.tiers.size(), 1U);
    EXPECT_TRUE(config.tiers.at(0).sessions && config.tiers.at(0).destinations &&
                config.tiers.at(0).payload_sessions);
}

TEST(ConfigExamples, AllLoadWithoutAWarning) {
    const auto files = examples();
    EXPECT_GE(files.size(), 4U);
    for (const auto& file : files) {
        const auto loaded = load_config(file);
        ASSERT_TRUE(loaded) << loaded.error().message();
        // The full one diverts nothing until somebody says what.
        const std::size_t expected = file.filename() == "honeyswitch.toml" ? 1 : 0;
        EXPECT_EQ(loaded->warnings.size(), expected) << fmt::format("{}", fmt::join(loaded->warnings, "\n"));
    }
}

TEST(ConfigExamples, TheFullOneShowsTheDefaults) {
    const TemporaryFolder folder;
    folder.write("east.key", std::string(64, '1'));
    const auto file = folder.write("x.toml", with_comments_in_force(SOURCE_ROOT "/conf/honeyswitch.toml"));
    const auto draft = read_config_file(file);
    ASSERT_TRUE(draft) << draft.error().message();
    expect_every_record(draft->config);
    const auto checked = finish_config(*draft);
    ASSERT_TRUE(checked) << checked.error().message();
    for (const auto& setting : settings()) {
        EXPECT_TRUE(draft->places.contains(setting.name())) << setting.name();
        const auto initial = setting.show(Config{});
        if (!initial.empty()) {
            EXPECT_EQ(setting.show(draft->config), initial) << setting.key;
        }
    }
}

}  // namespace
}  // namespace honeyswitch::control
