#include "base/settings/toml_document.hpp"

#include <string>

#include <gtest/gtest.h>

#include "base/settings/toml_keys.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch {
namespace {

std::string refusal_of(const std::filesystem::path& path) {
    const auto document = read_document(path);
    return document ? "none" : document.error().message();
}

TEST(TomlDocument, IsWhatTheFileSays) {
    const TemporaryFolder folder;
    const auto document = read_document(folder.write("a.toml", "[ports]\nworkers = 2\n"));
    ASSERT_TRUE(document);
    EXPECT_EQ((*document)["ports"]["workers"].value<int>(), 2);
}

TEST(TomlDocument, WhatIsWrongIsToldWithItsPlace) {
    const auto wrong = parse_document("a = 1\nb = \n", "x.toml");
    ASSERT_FALSE(wrong);
    EXPECT_TRUE(wrong.error().message().starts_with("x.toml:2:")) << wrong.error().message();
    std::string deep = "a";
    for (std::size_t part = 0; part < most_key_parts; ++part) deep += ".a";
    const auto too_deep = parse_document("a = 1\n" + deep + " = 1\n", "x.toml");
    ASSERT_FALSE(too_deep);
    EXPECT_EQ(too_deep.error().message(), "x.toml:2: a key has more than 16 parts");
}

TEST(TomlDocument, AFileThatIsNoneIsRefused) {
    const TemporaryFolder folder;
    EXPECT_TRUE(refusal_of(folder.path()).ends_with("cannot be read: it is a directory"));
    EXPECT_TRUE(refusal_of(folder.path() / "none").ends_with("cannot be read: No such file or directory"));
    const std::string most(longest_document, '\n');
    EXPECT_EQ(refusal_of(folder.write("most.toml", most)), "none");
    EXPECT_TRUE(
        refusal_of(folder.write("long.toml", most + "\n")).ends_with("it has more than 4194304 bytes"));
    EXPECT_TRUE(refusal_of("/dev/zero").ends_with("it has more than 4194304 bytes"));
}

}  // namespace
}  // namespace honeyswitch
