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

TEST(MacCensus, AMacHasManyAddressesUntilItHasFew) {
    MacCensus census(*parse_prefix("10.1.0.0/24"), 4, 2);
    const auto at = [](std::uint32_t number) { return Ipv4Address{0x0a010000 + number}; };
    for (std::uint32_t i = 0; i < 4; ++i) EXPECT_FALSE(census.attribute(at(i), router)) << i;
    EXPECT_FALSE(census.attribute(at(3), router)) << "the same address again";
    EXPECT_FALSE(census.attribute(at(3), host)) << "two speak for one address";
    EXPECT_TRUE(census.attribute(at(4), router));
    EXPECT_TRUE(census.attribute(at(5), router));
    EXPECT_EQ(census.count(router), 6U);
    EXPECT_EQ(census.some_of(router, 3).size(), 3U);
    EXPECT_EQ(census.some_of(host, 3), std::vector{at(3)});
    census.next_sweep();
    for (std::uint32_t i = 0; i < 3; ++i) census.attribute(at(i), router);
    census.next_sweep();
    census.next_sweep();
    EXPECT_EQ(census.count(router), 3U);
    EXPECT_TRUE(census.has_many(router)) << "more than the half";
    EXPECT_EQ(census.count(host), 0U);
    census.next_sweep();
    EXPECT_FALSE(census.has_many(router));
}

TEST(MacCensus, IsNotFilledByWhoeverInventsAddresses) {
    MacCensus census(*parse_prefix("10.1.0.0/24"), 4, 2);
    MacAddress mac{{2, 0, 0, 0, 0, 0}};
    unsigned counted = 0;
    for (std::uint32_t i = 0; i < 5000; ++i) {
        mac.octets[4] = static_cast<std::uint8_t>(i >> 8);
        mac.octets[5] = static_cast<std::uint8_t>(i);
        EXPECT_FALSE(census.attribute({0x0a010001}, mac));
        counted += census.count(mac);
    }
    EXPECT_EQ(counted, 1024U);
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
