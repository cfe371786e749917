// Names and words of settings that have changed since: a file that has them is still understood.
#include <array>
#include <filesystem>

#include <gtest/gtest.h>

#include "control/config/config_file.hpp"

namespace honeyswitch::control {
namespace {

const std::string ports = R"([ports]
outside = "0000:03:00.0"
inside = "dev:eth1"
honeypot = "vdev:net_null0"
)";
const std::string honeypot = "[[honeypot]]\nname = \"main\"\n";

std::expected<CheckedConfig, Complaint> load(const std::string& text) {
    auto draft = read_config_text(text, "x.toml");
    if (!draft) return std::unexpected(draft.error());
    return finish_config(std::move(*draft));
}

struct Refusal {
    std::string text;
    std::string message;
};

TEST(FormerNames, AreUnderstoodWithAWarningThatSaysThoseOfToday) {
    const auto loaded = load(ports + R"(driver = "b.so"
[process]
idle_sleep = 20
[admission]
admission = "handshake"
backscatter = "count"
[diversion]
containment = "open"
dark = "10.1.0.0/20"
[operator]
log_level = "warning"
[capacity]
history_capacity = 128
listed_capacity = 64
)" + honeypot);
    ASSERT_TRUE(loaded) << loaded.error().message();
    EXPECT_EQ(loaded->config.drivers, (std::vector<std::filesystem::path>{"b.so"}));
    EXPECT_EQ(loaded->config.idle_sleep_us, 20U);
    EXPECT_EQ(loaded->config.admission, Admission::handshake);
    EXPECT_EQ(loaded->config.backscatter, Backscatter::drop);
    EXPECT_EQ(loaded->config.containment, Containment::open);
    EXPECT_EQ(loaded->config.log_level, "warning");
    EXPECT_EQ(loaded->config.reputation_capacity, 128U);
    EXPECT_EQ(loaded->config.source_capacity, 64U);
    EXPECT_EQ(loaded->warnings,
              (std::vector<std::string>{
                  "x.toml:5:1: [ports] driver is now called [ports] driver_file",
                  "x.toml:7:14: [process] idle_sleep: '20' is now written '20us'",
                  "x.toml:9:1: [admission] admission is now called [admission] mode",
                  "x.toml:10:15: [admission] backscatter: 'count' is now written 'drop'",
                  "x.toml:12:1: [diversion] containment is now called [containment] mode",
                  "x.toml:15:1: [operator] log_level is now called [process] log_level",
                  "x.toml:17:1: [capacity] history_capacity is now called [capacity] "
                  "reputation_capacity",
                  "x.toml:18:1: [capacity] listed_capacity is now called [capacity] source_capacity",
              }));
}

TEST(FormerNames, AreRefusedBesideThoseOfToday) {
    const std::array refusals{
        Refusal{
            "[diversion]\ncontainment = \"open\"\n[containment]\nmode = \"open\"",
            "x.toml:2:1: [diversion] containment is now called [containment] mode, which is there as well, "
            "at x.toml:4:8"},
        Refusal{"[ports]\ndriver_file = []\ndriver = \"a.so\"",
                "x.toml:3:1: [ports] driver is now called [ports] driver_file, which is there as well, at "
                "x.toml:2:15"},
        Refusal{"[process]\nlog_level = \"info\"\n[operator]\nlog_level = \"info\"",
                "x.toml:4:1: [operator] log_level is now called [process] log_level, which is there as well, "
                "at x.toml:2:13"},
    };
    for (const auto& [text, message] : refusals) {
        const auto loaded = load(text);
        EXPECT_EQ(loaded ? "loaded" : loaded.error().message(), message) << text;
    }
}

}  // namespace
}  // namespace honeyswitch::control
