#include "control/lists/list_file.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

std::vector<std::string> texts(const std::vector<Ipv4Prefix>& prefixes) {
    std::vector<std::string> result;
    for (const auto prefix : prefixes) result.push_back(text_of_source(prefix));
    return result;
}

TEST(ListFile, ReadsAddressesAndPrefixesInOrderEachOnce) {
    struct Row {
        std::string text;
        std::vector<std::string> prefixes;
    };
    for (const auto& [text, expected] :
         {Row{"", {}}, Row{"# nothing\n\n   \n\t# at all", {}}, Row{"203.0.113.7", {"203.0.113.7"}},
          Row{"203.0.113.7\r\n198.51.100.0/24\r\n\r\n", {"198.51.100.0/24", "203.0.113.7"}},
          Row{"  203.0.113.7\t# scans since May # really\n", {"203.0.113.7"}},
          Row{"203.0.113.7# at once\n", {"203.0.113.7"}},
          Row{"203.0.113.7\n203.0.113.7/32\n203.0.113.7\n", {"203.0.113.7"}},
          Row{"203.0.113.0/24\n203.0.113.0\n203.0.113.0/25\n",
              {"203.0.113.0/24", "203.0.113.0/25", "203.0.113.0"}},
          Row{"\xef\xbb\xbf"
              "203.0.113.7\n",
              {"203.0.113.7"}},
          Row{"10.0.0.0/8\n0.0.0.0/8\n255.255.255.255", {"0.0.0.0/8", "10.0.0.0/8", "255.255.255.255"}}}) {
        const auto list = parse_list("x", text);
        ASSERT_TRUE(list) << text << list.error().message();
        EXPECT_EQ(texts(*list), expected) << text;
    }
}

TEST(ListFile, ReadsWhatPublishedListsHaveBesides) {
    ListParser parser("drop.txt");
    ASSERT_TRUE(
        parser.feed("; Spamhaus DROP List 2026/11/25 - (c) 2026 The Spamhaus Project\r\n"
                    "; Last-Modified: Wed, 25 Nov 2026 04:00:00 GMT\r\n"
                    "1.10.16.0/20 ; SBL256894\r\n"
                    "1.19.0.0/16;SBL434604\r\n"
                    "// of another maker\r\n"
                    "203.0.113.7 // scans since 2024; and 198.51.100.1 too\r\n"
                    "198.51.100.0/24# x\r\n"
                    "2001:db8::/32 ; SBL1\r\n"
                    "2001:db8::1\r\n"
                    "::ffff:192.0.2.1\r\n"));
    EXPECT_EQ(texts(parser.finish().value()),
              (std::vector<std::string>{"1.10.16.0/20", "1.19.0.0/16", "198.51.100.0/24", "203.0.113.7"}));
    EXPECT_EQ(parser.ipv6(), 3U);
}

TEST(ListFile, IsInOrderWhateverTheOrderOfItsLines) {
    std::string text;
    for (std::uint32_t i = 0; i < 50'000; ++i)
        text += to_string(Ipv4Address{0x0a000000 + i * 7919 % 49'999}) + "\n";
    const auto list = parse_list("x", text).value();
    EXPECT_EQ(list.size(), 49'999U) << "one of them is there twice";
    EXPECT_TRUE(std::ranges::is_sorted(list));
    ListParser parser("x");
    for (std::size_t at = 0; at < text.size(); at += 1000)
        ASSERT_TRUE(parser.feed(std::string_view(text).substr(at, 1000)));
    EXPECT_EQ(parser.finish().value(), list);
}

TEST(ListFile, ErrorsNameFileLineAndReason) {
    struct Row {
        std::string text, message;
    };
    for (const auto& [text, message] : {
             Row{"\n# x\n10.1.0.1/16\n",
                 "a.txt:3: '10.1.0.1/16' has bits below its mask; did you mean 10.1.0.0/16?"},
             Row{"10.0.0.0/7",
                 "a.txt:1: '10.0.0.0/7' is shorter than /8, the shortest prefix that a list may have"},
             Row{"0.0.0.0/0",
                 "a.txt:1: '0.0.0.0/0' is shorter than /8, the shortest prefix that a list may have"},
             Row{"10.0.0.0/33", "a.txt:1: '10.0.0.0/33' is not a prefix: its length is not 0 to 32"},
             Row{"10.0.0.256", "a.txt:1: '10.0.0.256' is not an IPv4 address"},
             Row{"010.0.0.1", "a.txt:1: '010.0.0.1' is not an IPv4 address"},
             Row{"10.0.0.1 10.0.0.2",
                 "a.txt:1: '10.0.0.1 10.0.0.2' is more than one address or prefix: a line has one; #, ; or "
                 "// "
                 "begins a comment"},
             Row{"10.0.0.1; 10.0.0.2 ; x",
                 "a.txt:1: '10.0.0.1; 10.0.0.2 ; x' is more than one address or prefix: a line has one; #, ; "
                 "or "
                 "// begins a comment"},
             Row{"32.0.0.0/3 ; benign scanners",
                 "a.txt:1: '32.0.0.0/3' is shorter than /8, the shortest prefix that a list may have"},
             Row{"2001:db8::/129", "a.txt:1: '2001:db8::' is not an IPv4 address"},
             Row{"2001:db8:::1", "a.txt:1: '2001:db8:::1' is not an IPv4 address"},
             Row{std::string("\0\x1b[31m", 6), "a.txt:1: '??[31m' is not an IPv4 address or prefix"},
             Row{std::string(4'000, 'x'),
                 "a.txt:1: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is not an IPv4 address or prefix"},
             Row{"#\n#" + std::string(100'000, 'x'),
                 "a.txt:2: '#xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' goes on for more than 4096 bytes"},
         }) {
        const auto list = parse_list("a.txt", text);
        ASSERT_FALSE(list) << text;
        EXPECT_EQ(list.error().message(), message);
    }
}

TEST(ListFile, IsBounded) {
    const ListFileLimits limits{.bytes = 40, .entries = 3};
    EXPECT_TRUE(parse_list("a", "10.0.0.1\n10.0.0.2\n10.0.0.3\n", limits));
    EXPECT_EQ(parse_list("a", "10.0.0.1\n10.0.0.2\n10.0.0.3\n1.0.0.4\n", limits).error().message(),
              "a:4: it has more than 3 addresses and prefixes");
    EXPECT_EQ(parse_list("a", std::string(41, '#'), limits).error().message(),
              "a: it has more than 40 bytes");
}

TEST(ListFile, ComesInPortionsOfAnySize) {
    const std::string text = "# x\r\n203.0.113.7 # y\n198.51.100.0/24\n10.0.0.1";
    for (std::size_t size = 1; size <= text.size(); ++size) {
        ListParser parser("x");
        for (std::size_t at = 0; at < text.size(); at += size)
            ASSERT_TRUE(parser.feed(std::string_view(text).substr(at, size)));
        EXPECT_EQ(texts(parser.finish().value()),
                  (std::vector<std::string>{"10.0.0.1", "198.51.100.0/24", "203.0.113.7"}));
    }
}

TEST(ListFile, IsReadFromDisk) {
    const TemporaryFolder folder;
    std::string text;
    for (unsigned i = 0; i < 20'000; ++i) text += to_string(Ipv4Address{0x0a000000 + i}) + "\n";
    EXPECT_EQ(read_list_file(folder.write("long", text)).value().size(), 20'000U);
    EXPECT_EQ(read_list_file(folder.path() / "none").error().message(),
              (folder.path() / "none").string() + ": No such file or directory");
}

}  // namespace
}  // namespace honeyswitch::control
