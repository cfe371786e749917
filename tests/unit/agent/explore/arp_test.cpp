#include "agent/explore/arp.hpp"

#include <gtest/gtest.h>

#include "agent/explore/mac_census.hpp"

namespace honeyswitch::agent {
namespace {

const MacAddress host{{2, 0, 0, 0, 0, 1}}, router{{2, 0, 0, 0, 0, 2}};

ArpFrame request() {
    return {broadcast_mac, host, std::nullopt, ArpOperation::request, host, {0x0a010001}, {}, {0x0a010002}};
}

TEST(Arp, ReadsBackWhatItWrote) {
    EXPECT_EQ(parse_arp(encode(request()), std::nullopt), request());
    EXPECT_EQ(encode(request()).size(), 60U);
    auto tagged = request();
    tagged.vlan = 20;
    EXPECT_EQ(parse_arp(encode(tagged), std::nullopt), tagged) << "the tag in the frame";
    EXPECT_EQ(parse_arp(encode(request()), 20), tagged) << "the tag beside the frame";
    EXPECT_EQ(parse_arp(encode(request()), 0x6014), tagged) << "priority 3";
    EXPECT_EQ(parse_arp(encode(request()), 0x6000), request()) << "a priority alone is no VLAN";
    EXPECT_EQ(parse_arp(encode(tagged), 20), std::unexpected(ArpFault::double_tagged));
}

TEST(Arp, RefusesWhatIsNone) {
    struct Row {
        const char* what;
        std::size_t octet;
        std::uint8_t value;
        ArpFault fault;
    };
    for (const auto& row :
         {Row{"IPv4", 13, 0x00, ArpFault::not_arp}, Row{"hardware type", 15, 6, ArpFault::not_ipv4},
          Row{"protocol type", 16, 0x86, ArpFault::not_ipv4},
          Row{"hardware length", 18, 8, ArpFault::not_ipv4},
          Row{"protocol length", 19, 16, ArpFault::not_ipv4}, Row{"RARP", 21, 3, ArpFault::other_operation},
          Row{"operation 0", 21, 0, ArpFault::other_operation}}) {
        auto frame = encode(request());
        frame.at(row.octet) = row.value;
        EXPECT_EQ(parse_arp(frame, std::nullopt), std::unexpected(row.fault)) << row.what;
    }
    const auto frame = encode(request());
    for (std::size_t size = 0; size < 42; ++size)
        EXPECT_EQ(parse_arp(Bytes(frame).first(size), std::nullopt), std::unexpected(ArpFault::truncated))
            << size;
    EXPECT_TRUE(parse_arp(Bytes(frame).first(42), std::nullopt)) << "padding may be missing";
}

TEST(Arp, TellsProbesFromAnnouncements) {
    auto frame = request();
    EXPECT_FALSE(frame.is_probe() || frame.is_announcement());
    frame.sender = {};
    EXPECT_TRUE(frame.is_probe());
    frame.operation = ArpOperation::reply;
    EXPECT_FALSE(frame.is_probe());
    frame.sender = frame.target;
    EXPECT_TRUE(frame.is_announcement());
    frame.sender = frame.target = {};
    EXPECT_FALSE(frame.is_announcement());
}

TEST(MacCensus, CallsWhoAnswersForManyAProxyUntilItAnswersForFew) {
    MacCensus census({.limit = 4, .allowed = {host}});
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_FALSE(census.attribute({i}, router).proxy) << i;
    EXPECT_FALSE(census.attribute({3}, router).proxy) << "the same address again";
    const auto fifth = census.attribute({4}, router);
    EXPECT_TRUE(fifth.proxy && fifth.turned);
    EXPECT_FALSE(census.attribute({5}, router).turned) << "said once";
    for (std::uint32_t i = 5; i > 2; --i) census.forget({i});
    EXPECT_TRUE(census.is_proxy(router)) << "three left";
    EXPECT_EQ(census.proxies(), std::vector{router});
    census.attribute({2}, MacAddress{{2, 0, 0, 0, 0, 9}});
    EXPECT_FALSE(census.is_proxy(router)) << "another answers for the third";
    for (std::uint32_t i = 0; i < 100; ++i) EXPECT_FALSE(census.attribute({i}, host).proxy) << "allowed";
}

TEST(MacCensus, KnowsVirtualRouters) {
    for (const char* const mac :
         {"00:00:5e:00:01:0a", "00:00:0c:07:ac:01", "00:00:0c:9f:f0:01", "00:07:b4:00:01:02"})
        EXPECT_TRUE(is_virtual_router(*parse_mac(mac))) << mac;
    for (const char* const mac : {"00:00:5e:00:53:0a", "00:00:0c:07:ad:01", "02:00:00:00:00:01"})
        EXPECT_FALSE(is_virtual_router(*parse_mac(mac))) << mac;
}

}  // namespace
}  // namespace honeyswitch::agent
