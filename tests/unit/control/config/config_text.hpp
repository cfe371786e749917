// Rows of configuration text: each is a part of a file, and what becomes of it.
#pragma once

#include <array>
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "control/config/config_file.hpp"

namespace honeyswitch::control {

/// The rest of a file, without [[honeypot]], which has no warning. It comes last, so that places count from
/// the part that is tested.
inline const std::string rest = R"(
[ports]
outside = "0000:03:00.0"
inside = "0000:03:00.1"
honeypot = ["dev:low", "dev:high"]
[diversion]
dark = ["10.1.0.0/16"]
)";
inline const std::string two_pools = R"(
[[pool]]
name = "low"
[[pool]]
name = "high"
[[honeypot]]
name = "a"
mac = "02:00:00:00:00:01"
[[honeypot]]
name = "b"
mac = "02:00:00:00:00:02"
pool = "high"
)";
inline const std::string one_honeypot = "\n[[honeypot]]\nname = \"a\"\n";

inline std::expected<CheckedConfig, Complaint> load(const std::string& text) {
    auto draft = read_config_text(text + rest, "/etc/x.toml");
    if (!draft) return std::unexpected(draft.error());
    return finish_config(std::move(*draft));
}

struct Row {
    std::string text;
    std::string message;
};

template <std::size_t N>
void expect_refusals(const std::array<Row, N>& rows, const std::string& others) {
    for (const auto& [text, message] : rows) {
        const auto loaded = load(text + others);
        EXPECT_EQ(loaded ? "loaded" : loaded.error().message(), "/etc/x.toml:" + message) << text;
    }
}

template <std::size_t N>
void expect_warnings(const std::array<Row, N>& rows, const std::string& others) {
    for (const auto& [text, message] : rows) {
        const auto loaded = load(text + others);
        ASSERT_TRUE(loaded) << loaded.error().message();
        EXPECT_EQ(loaded->warnings, std::vector{"/etc/x.toml:" + message}) << text;
    }
}

/// The configuration of a text that has no fault.
inline Config sound(const std::string& text) {
    auto loaded = load(text);
    EXPECT_TRUE(loaded) << loaded.error().message();
    if (!loaded) return {};
    EXPECT_TRUE(loaded->warnings.empty()) << loaded->warnings.front();
    return std::move(loaded->config);
}

}  // namespace honeyswitch::control
