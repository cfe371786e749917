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

std::string mirror(std::string_view name, std::string_view port) {
    return fmt::format("[[link]]\nname = \"{}\"\nmirror = \"{}\"\n", name, port);
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

Config config_of(const std::string& text) {
    auto draft = read_config_text(text, "/etc/x.toml");
    EXPECT_TRUE(draft) << draft.error().message();
    if (!draft) return {};
    auto checked = finish_config(std::move(*draft));
    EXPECT_TRUE(checked) << checked.error().message();
    return checked ? std::move(checked->config) : Config();
}

TEST(Links, MirrorsComeBehindThoseThatAreLedThrough) {
    const Config config = config_of(mirror("span", "dev:s") + link("west", "dev:o", "dev:i") + others);
    EXPECT_EQ(link_count(config), 1U);
    EXPECT_EQ(links_of(config).at(0).name, "west");
    ASSERT_EQ(mirrors_of(config).size(), 1U);
    EXPECT_EQ(mirrors_of(config)[0].mirror.device, "s");
    EXPECT_FALSE(only_mirrors(config));
    EXPECT_EQ(config.diversion, DiversionMode::divert);
    std::vector<std::string> texts;
    for (const PortSpec* const port : ports_of(config)) texts.push_back(port->text);
    EXPECT_EQ(texts, (std::vector<std::string>{"dev:o", "dev:i", "dev:s", "dev:pot"}));
}

constexpr auto dark_alone = "[diversion]\ndark = [\"10.1.0.0/16\"]\n";

TEST(Links, MirrorsAloneNeedNoHoneypotAndObserve) {
    const Config config = config_of(mirror("span", "dev:s") + dark_alone);
    EXPECT_TRUE(only_mirrors(config));
    EXPECT_EQ(config.diversion, DiversionMode::observe);
    EXPECT_EQ(config.honeypots.size(), 1U);
    ASSERT_EQ(config.honeypot_ports.size(), 1U);
    EXPECT_EQ(config.honeypot_ports[0].device, stand_in_device);
}

TEST(Links, MirrorsAloneHaveNoLinkState) {
    const auto text = mirror("span", "dev:s") + dark_alone + "[ports]\nlink_state = \"wire\"\n";
    auto draft = read_config_text(text, "/etc/x.toml");
    ASSERT_TRUE(draft) << draft.error().message();
    const auto checked = finish_config(std::move(*draft));
    ASSERT_FALSE(checked);
    EXPECT_EQ(
        checked.error().message(),
        "/etc/x.toml:7:14: link_state must be \"hub\", as link 'span' is a mirror, and so is every other: "
        "none has another port that could follow");
}

TEST(Links, ThatMirrorsAloneDivertIsWarnedOf) {
    auto draft =
        read_config_text(mirror("span", "dev:s") + dark_alone + "mode = \"divert\"\n", "/etc/x.toml");
    ASSERT_TRUE(draft) << draft.error().message();
    const auto checked = finish_config(std::move(*draft));
    ASSERT_TRUE(checked) << checked.error().message();
    EXPECT_EQ(
        checked->warnings,
        std::vector<std::string>{"/etc/x.toml:6:8: mode \"divert\" has no meaning with mirrors alone: they "
                                 "are observed, and nothing is diverted"});
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
        Row{link("a", "dev:x", "dev:y") + "tap = \"dev:z\"\n", "5:1: [[link]]: unknown key 'tap'"},
        Row{link("a", "dev:x", "dev:y") + "mirror = \"dev:z\"\n",
            "3:11: [[link]] 'a': outside has no place beside mirror: a mirror has one port, and nothing goes "
            "out "
            "of it"},
        Row{mirror("a", "dev:x") + "inside = \"dev:z\"\n",
            "4:10: [[link]] 'a': inside has no place beside mirror: a mirror has one port, and nothing goes "
            "out "
            "of it"},
        Row{mirror("a", "x"),
            "3:10: [[link]] 'a': mirror 'x' is not a PORT: write a PCI address (0000:03:00.0), dev:NAME for "
            "a "
            "kernel interface, or vdev:ARGS for a DPDK virtual device; did you mean dev:x?"},
        Row{mirror("a", "dev:x") + "link_state = \"wire\"\n", "4:1: [[link]]: unknown key 'link_state'"},
        Row{link("a", "dev:x", "dev:y") + mirror("b", "dev:y"),
            "7:10: the mirror port of link 'b' is the same device as the inside port of link 'a': 'dev:y'"},
        Row{mirror("a", "dev:x") + mirror("b", "dev:x"),
            "6:10: the mirror port of link 'b' is the same device as the mirror port of link 'a': 'dev:x'"},
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
