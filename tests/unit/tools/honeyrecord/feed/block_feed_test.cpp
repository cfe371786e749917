// Who is listed for a firewall to block, and how the file is written.
#include "tools/honeyrecord/feed/block_feed.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/temporary_folder.hpp"
#include "tests/unit/tools/honeyrecord/events.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

Ipv4Prefix prefix(const char* text) {
    return parse_address_or_prefix(text).value();
}

EventPointer ended(unsigned flow, const std::string& step, std::int64_t at_ms = 0,
                   const std::string& destination = "10.1.2.3") {
    return session_event("session_end", flow, at_ms, R"(,"step":")" + step + "\"", 22, destination);
}

TEST(BlockFeed, OnlyWhoCompletedAHandshakeIsListed) {
    BlockFeed feed({});
    feed.take(*ended(1, "first_packet"));
    feed.take(*ended(2, "answered"));
    feed.take(*ended(3, "handshake"));
    feed.take(*ended(4, "payload"));
    feed.take(*begin_event(5, 0));
    EXPECT_EQ(feed.text(moment()), "198.51.100.3\n198.51.100.4\n");
    BlockFeed with_data({.with_data = true});
    with_data.take(*ended(3, "handshake"));
    with_data.take(*ended(4, "payload"));
    EXPECT_EQ(with_data.text(moment()), "198.51.100.4\n");
}

TEST(BlockFeed, UdpMayBeForgedAndIsNeverListed) {
    BlockFeed feed({});
    auto line = ended(1, "payload")->body.dump();
    line.replace(line.find("TCP"), 3, "UDP");
    feed.take(*parse_event(line).value());
    EXPECT_EQ(feed.text(moment()), "");
}

TEST(BlockFeed, CountsSessionsAndAddresses) {
    BlockFeed sessions({.sessions = 2});
    sessions.take(*session_event("session_step", 1, 0, R"(,"step":"payload")"));
    sessions.take(*ended(1, "payload", 5));
    EXPECT_EQ(sessions.text(moment()), "") << "steps and end are of one session";
    sessions.take(*ended(251, "payload", 5));
    EXPECT_EQ(sessions.text(moment()), "198.51.100.1\n");
    BlockFeed addresses({.addresses = 2});
    addresses.take(*ended(1, "payload"));
    addresses.take(*ended(251, "payload"));
    EXPECT_EQ(addresses.text(moment()), "");
    addresses.take(*ended(501, "payload", 0, "10.1.2.4"));
    EXPECT_EQ(addresses.text(moment()), "198.51.100.1\n");
}

TEST(BlockFeed, EntriesLapse) {
    BlockFeed feed({.lifetime = 1h});
    feed.take(*ended(1, "payload", 0));
    feed.take(*ended(2, "payload", 1'800'000));
    EXPECT_EQ(feed.text(moment(3'599'999)), "198.51.100.1\n198.51.100.2\n");
    EXPECT_EQ(feed.text(moment(3'600'000)), "198.51.100.2\n");
    EXPECT_TRUE(feed.tick(moment(3'600'000)));
    EXPECT_EQ(feed.sources(), 1U);
}

TEST(BlockFeed, WhatIsNeverListedIsNot) {
    BlockFeed feed({.never = {prefix("198.51.100.0/30")}});
    feed.take(*ended(3, "payload"));
    feed.take(*ended(4, "payload"));
    EXPECT_EQ(feed.text(moment()), "198.51.100.4\n");
}

TEST(BlockFeed, IsWrittenForIpsetAndNft) {
    BlockFeed feed({.format = FeedFormat::ipset, .lifetime = 1h});
    feed.take(*ended(1, "payload"));
    EXPECT_EQ(feed.text(moment(500)),
              "create honeyrecord hash:ip family inet timeout 0 maxelem 1000000 -exist\nflush honeyrecord\n"
              "add honeyrecord 198.51.100.1 timeout 3600\n");
    feed.set({.format = FeedFormat::nft, .lifetime = 1h});
    EXPECT_TRUE(feed.text(moment()).ends_with(
        "flush set inet honeyrecord sources\n"
        "add element inet honeyrecord sources { 198.51.100.1 timeout 3600s }\n"));
}

TEST(BlockFeed, TheFileIsReplacedWhenItChanges) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "feed";
    BlockFeed feed({.file = path});
    ASSERT_TRUE(feed.write(moment()));
    EXPECT_FALSE(feed.tick(moment()));
    feed.take(*ended(1, "payload"));
    EXPECT_TRUE(feed.tick(moment()));
    ASSERT_TRUE(feed.write(moment()));
    EXPECT_FALSE(feed.tick(moment()));
    std::ifstream file(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "198.51.100.1\n");
    using std::filesystem::perms;
    EXPECT_NE(std::filesystem::status(path).permissions() & perms::others_read, perms::none);
    feed.set({.file = "/elsewhere"});
    ASSERT_TRUE(feed.write(moment())) << "to where it was";
    BlockFeed nowhere({.file = folder.path() / "none" / "feed"});
    EXPECT_FALSE(nowhere.write(moment()));
}

}  // namespace
}  // namespace honeyswitch::record
