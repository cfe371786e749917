#include "base/settings/toml_keys.hpp"

#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

std::string key(std::size_t parts, const std::string& part = "a") {
    std::string text = part;
    for (std::size_t i = 1; i < parts; ++i) text += "." + part;
    return text;
}

TEST(TomlKeys, AsManyPartsAsThereCanBe) {
    EXPECT_EQ(line_of_too_deep_key(fmt::format("{0} = 1\n[{0}]\n", key(most_key_parts))), std::nullopt);
}

TEST(TomlKeys, OneMoreIsFoundWhereverItStands) {
    const auto deep = key(most_key_parts + 1);
    EXPECT_EQ(line_of_too_deep_key(deep), 1U);
    EXPECT_EQ(line_of_too_deep_key(fmt::format("\n[{}]", deep)), 2U);
    EXPECT_EQ(line_of_too_deep_key(fmt::format("\n\n[[{}]]", deep)), 3U);
    EXPECT_EQ(line_of_too_deep_key(fmt::format("x = [\n{{ y = 1, {} = 1 }}]", deep)), 2U);
    EXPECT_EQ(line_of_too_deep_key(fmt::format("a . {}", deep)), 1U);
    EXPECT_EQ(line_of_too_deep_key(key(most_key_parts + 1, R"("=,")")), 1U);
    EXPECT_EQ(line_of_too_deep_key(key(most_key_parts + 1, R"('"#')")), 1U);
}

TEST(TomlKeys, DotsElsewhereAreNone) {
    for (const char* const form :
         {"# {}", "x = \"{}\"", "x = '{}'", "x = \"\"\"\n{}\n\"\"\"", "x = '''\n#{}'''", R"(x = "\"{}")",
          R"(x = """\"""{}""")", R"(x = """"{}""")"})
        EXPECT_EQ(line_of_too_deep_key(fmt::format(fmt::runtime(form), key(1'000))), std::nullopt) << form;
    std::string numbers = "x = [";
    for (int i = 0; i < 100; ++i) numbers += "10.5,\n";
    EXPECT_EQ(line_of_too_deep_key(numbers), std::nullopt);
}

TEST(TomlKeys, ThereIsNoHidingBehindAString) {
    for (const char* const before :
         {R"(x = """a""")", "x = \"\"\"\n#\"\"\"", R"(x = """a""""")", R"(x = '''\''')", R"(x = '\')",
          R"(x = "\\")", R"(x = "")", "x = ''", R"("".x = 1)", "x = \"\"\"\\\n\"\"\"", R"(x = "#")"})
        EXPECT_TRUE(line_of_too_deep_key(fmt::format("{}\n{}", before, key(most_key_parts + 1)))) << before;
}

TEST(TomlKeys, AnythingAtAllIsReadToItsEnd) {
    for (const char* const text : {"", "\"", "'", "\"\"\"", "\"\\", "\"\"\"\\", "#", "\"\n", "a.\"\"\"b\\"})
        EXPECT_EQ(line_of_too_deep_key(text), std::nullopt) << text;
}

}  // namespace
}  // namespace honeyswitch
