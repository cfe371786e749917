// Links in the configuration file.
#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "control/config/config_file.hpp"
#include "control/config/port_spec.hpp"

namespace honeyswitch::control {
namespace {

/// What follows the links.
const std::string others = R"(
[ports]
honeypot = "dev:pot"
[diversion]
dark = ["10.1.0.0/16"]
[[honeypot]]
name = "a"
)";

std::string link(std::string_view name, std::string_view outside, std::string_view inside) {
    return fmt::format("[[link]]\nname = \"{}\"\noutside = \"{}\"\ninside = \"{}\"\n", name, outside, inside);
}

std::string read(const std::string& text) {
    auto draft = read_config_text(text + others, "/etc/x.toml");
    if (!draft) return draft.error().message();
    const auto checked = finish_config(std::move(*draft));
    return checked ? "loaded" : checked.error().message();
}

TEST(Links, AreReadInTheirOrder) {
    auto draft = read_config_text(
        link("west", "0000:03:00.0", "dev:in") + link("east", "dev:x", "dev:y") + others, "/etc/x.toml");
    ASSERT_TRUE(draft) << draft.error().message();
    const auto checked = finish_config(std::move(*draft));
    ASSERT_TRUE(checked) << checked.error().message();
    const auto links = links_of(checked->config);
    ASSERT_EQ(links.size(), 2U);
    EXPECT_EQ(links[0].name, "west");
    EXPECT_EQ(links[0].outside.kind, PortSpec::Kind::pci);
    EXPECT_EQ(links[1].inside.device, "y");
    std::vector<std::string> texts;
    for (const PortSpec* const port : ports_of(checked->config)) texts.push_back(port->text);
    EXPECT_EQ(texts, (std::vector<std::string>{"0000:03:00.0", "dev:in", "dev:x", "dev:y", "dev:pot"}));
}

TEST(Links, InTheShortFormAreOneWithAName) {
    Config config;
    config.outside = parse_port("dev:o").value();
    config.inside = parse_port("dev:i").value();
    const auto links = links_of(config);
    ASSERT_EQ(links.size(), 1U);
    EXPECT_EQ(links[0].name, "link");
    EXPECT_EQ(links[0].inside.device, "i");
}

struct Row {
    std::string text, message;
};

TEST(Links, AreRefusedWithTheirPlace) {
    std::string too_many;
    for (std::size_t i = 0; i <= limits::links; ++i)
        too_many += link(fmt::format("l{}", i), fmt::format("dev:o{}", i), fmt::format("dev:i{}", i));
    const std::array rows{
        Row{"[[link]]\nname = \"a\"\noutside = \"dev:x\"\n",
            "1:1: [[link]] 'a': inside is missing; write inside = \"PORT\""},
        Row{"[[link]]\nname = \"a\"\ninside = \"dev:x\"\n",
            "1:1: [[link]] 'a': outside is missing; write outside = \"PORT\""},
        Row{"[[link]]\noutside = \"dev:x\"\ninside = \"dev:y\"\n",
            "1:1: [[link]]: name is missing; write name = \"NAME\""},
        Row{link("a b", "dev:x", "dev:y"),
            "2:8: [[link]]: 'a b' is not a name: use 1 to 32 letters, digits, '-', '_' or '.'"},
        Row{link("a", "dev:x", "dev:y") + "mirror = \"dev:z\"\n", "5:1: [[link]]: unknown key 'mirror'"},
        Row{link("a", "dev:x", "dev:y") + link("a", "dev:v", "dev:w"),
            "6:8: [[link]] 'a': another link has this name"},
        Row{link("a", "dev:x", "dev:y") + link("b", "dev:v", "dev:x"),
            "8:10: the inside port of link 'b' is the same device as the outside port of link 'a': 'dev:x'"},
        Row{link("a", "dev:x", "dev:pot"),
            "7:12: the honeypot port is the same device as the inside port of link 'a': 'dev:pot'"},
        Row{too_many, "33:1: [[link]]: there are 9, and there can be 8"},
    };
    for (const auto& [text, message] : rows) EXPECT_EQ(read(text), "/etc/x.toml:" + message) << text;
    EXPECT_EQ(read(link("a", "dev:x", "dev:y") + link("b", "dev:v", "dev:w")), "loaded");
}

}  // namespace
}  // namespace honeyswitch::control
