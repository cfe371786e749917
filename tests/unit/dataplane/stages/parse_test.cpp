#include "dataplane/stages/parse.hpp"

#include <random>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/packet_builder.hpp"

namespace honeyswitch::dataplane {
namespace {

struct L3Row {
    std::string description;
    Frame frame;
    L3Result result;
    unsigned tags = 0;
};

TEST(ParseL3, SaysWhatItIs) {
    const auto udp = [] { return Frame().ipv4("198.51.100.1", "10.1.0.32").udp(53, 53); };
    const std::vector<L3Row> rows{
        {"plain IPv4", udp(), L3Result::ipv4},
        {"one tag", udp().vlan(7), L3Result::ipv4, 1},
        {"QinQ", udp().vlan(7, ether_type::service_vlan).vlan(8), L3Result::ipv4, 2},
        {"QinQ as before 802.1ad", udp().vlan(7, ether_type::old_qinq).vlan(8), L3Result::ipv4, 2},
        {"three tags", udp().vlan(7).vlan(8).vlan(9), L3Result::too_many_tags, 2},
        {"options", udp().options(3), L3Result::ipv4},
        {"padded to 60 bytes",
         Frame().ipv4("198.51.100.1", "10.1.0.32").udp(1, 2).payload(18).total_length(28), L3Result::ipv4},
        {"ARP", Frame().arp(arp_request, core_mac, "10.1.0.1", "10.1.0.2"), L3Result::arp},
        {"IPv6", Frame().type(ether_type::ipv6).payload(40), L3Result::ipv6},
        {"LLDP", Frame().type(Be16::from_host(0x88cc)).payload(30), L3Result::other_type},
        {"STP: a length, not a type", Frame().type(Be16::from_host(38)).payload(38), L3Result::other_type},
        {"empty", udp().cut_to(0), L3Result::frame_too_short},
        {"ends in the addresses", udp().cut_to(11), L3Result::frame_too_short},
        {"ends in the type", udp().cut_to(13), L3Result::frame_too_short},
        {"ends behind the type", udp().cut_to(14), L3Result::frame_too_short},
        {"ends in the IPv4 header", udp().cut_to(33), L3Result::frame_too_short},
        {"ends in a tag", udp().vlan(7).cut_to(15), L3Result::frame_too_short, 0},
        {"ends behind a tag", udp().vlan(7).cut_to(18), L3Result::frame_too_short, 1},
        {"total length beyond the frame", udp().total_length(29), L3Result::bad_ipv4_header},
        {"total length below the header", udp().total_length(19), L3Result::bad_ipv4_header},
        {"options beyond the frame", udp().options(10).cut_to(60).total_length(40),
         L3Result::bad_ipv4_header},
    };
    for (const L3Row& row : rows) {
        const auto bytes = row.frame.bytes();
        const L3View view = parse_l3(bytes, static_cast<std::uint32_t>(bytes.size()));
        EXPECT_EQ(view.result, row.result) << row.description;
        EXPECT_EQ(view.tag_count, row.tags) << row.description;
        if (row.result != L3Result::ipv4) continue;
        EXPECT_EQ(view.source, ip("198.51.100.1").host()) << row.description;
        EXPECT_EQ(view.destination, ip("10.1.0.32").host()) << row.description;
    }
}

TEST(ParseL3, RefusesOtherVersionsAndHeaderLengths) {
    for (const unsigned version_ihl : {0x65U, 0x44U, 0x40U, 0x05U}) {
        auto bytes = Frame().ipv4("198.51.100.1", "10.1.0.32").udp(1, 2).bytes();
        bytes[14] = static_cast<std::uint8_t>(version_ihl);
        EXPECT_EQ(parse_l3(bytes, static_cast<std::uint32_t>(bytes.size())).result,
                  L3Result::bad_ipv4_header);
    }
}

SessionView view_of(const Frame& frame, From from) {
    const auto bytes = frame.bytes();
    const L3View l3 = parse_l3(bytes, static_cast<std::uint32_t>(bytes.size()));
    EXPECT_EQ(l3.result, L3Result::ipv4);
    return parse_session(bytes, l3, from);
}

constexpr const char* attacker = "198.51.100.1";
constexpr const char* decoy = "10.1.0.32";

SessionKey key(std::uint8_t number, KeyKind kind, std::uint16_t outside_port = 0,
               std::uint16_t inside_port = 0) {
    return {ip(attacker), ip(decoy), Be16::from_host(outside_port), Be16::from_host(inside_port),
            number,       kind};
}

TEST(ParseSession, IsTheSameKeyInBothDirections) {
    struct Row {
        std::string description;
        Frame request, reply;
        SessionKey expected;
    };
    const auto there = [] { return Frame().ipv4(attacker, decoy); };
    const auto back = [] { return Frame().ipv4(decoy, attacker); };
    const std::vector<Row> rows{
        {"TCP", there().tcp(40000, 22), back().tcp(22, 40000), key(6, KeyKind::ports, 40000, 22)},
        {"UDP", there().udp(5353, 53), back().udp(53, 5353), key(17, KeyKind::ports, 5353, 53)},
        {"SCTP", there().udp(1, 2).protocol_number(132), back().udp(2, 1).protocol_number(132),
         key(132, KeyKind::ports, 1, 2)},
        {"ICMP echo", there().icmp(8, 77), back().icmp(0, 77), key(1, KeyKind::ports, 77)},
        {"ICMP timestamp", there().icmp(13, 77), back().icmp(14, 77), key(1, KeyKind::ports, 77)},
        {"GRE", there().protocol_number(47), back().protocol_number(47), key(47, KeyKind::portless)},
        {"following fragment", there().udp(1, 2).fragment(1480, false), back().udp(2, 1).fragment(1480, true),
         key(17, KeyKind::portless)},
    };
    for (const Row& row : rows) {
        const auto in = view_of(row.request, From::outside);
        const auto out = view_of(row.reply, From::honeypot);
        EXPECT_TRUE(in.valid && out.valid) << row.description;
        EXPECT_EQ(in.key, row.expected) << row.description;
        EXPECT_EQ(out.key, row.expected) << row.description;
    }
}

TEST(ParseSession, TellsFragmentsApart) {
    EXPECT_TRUE(
        view_of(Frame().ipv4(attacker, decoy).udp(1, 2).fragment(0, true), From::outside).first_fragment);
    EXPECT_TRUE(view_of(Frame().ipv4(attacker, decoy).udp(1, 2).fragment(8, false), From::outside)
                    .following_fragment);
    const auto whole = view_of(Frame().ipv4(attacker, decoy).udp(1, 2), From::outside);
    EXPECT_FALSE(whole.first_fragment || whole.following_fragment);
}

TEST(ParseSession, RefusesCutPorts) {
    EXPECT_FALSE(view_of(Frame().ipv4(attacker, decoy).tcp(1, 2).total_length(23), From::outside).valid);
    EXPECT_FALSE(view_of(Frame().ipv4(attacker, decoy).icmp(8, 1).total_length(27), From::outside).valid);
    EXPECT_TRUE(view_of(Frame().ipv4(attacker, decoy).tcp(1, 2).total_length(24), From::outside).valid);
}

TEST(ParseSession, LooksUpAnIcmpErrorByWhatItQuotes) {
    const auto reply = Frame().ipv4(decoy, attacker).tcp(22, 40000);
    const auto request = Frame().ipv4(attacker, decoy).tcp(40000, 22);
    struct Row {
        std::string description;
        Frame frame;
        From from;
        bool belongs;
    };
    const std::vector<Row> rows{
        {"the attacker's host complains", Frame().ipv4(attacker, decoy).icmp_error(3, reply), From::outside,
         true},
        {"a router on the way complains", Frame().ipv4("192.0.2.1", decoy).icmp_error(11, reply),
         From::outside, true},
        {"addressed to another decoy", Frame().ipv4(attacker, "10.1.0.33").icmp_error(3, reply),
         From::outside, false},
        {"quotes our own direction", Frame().ipv4(attacker, decoy).icmp_error(3, request), From::outside,
         false},
        {"quotes too little", Frame().ipv4(attacker, decoy).icmp_error(3, reply, 3), From::outside, false},
        {"the decoy complains", Frame().ipv4(decoy, attacker).icmp_error(3, request), From::honeypot, true},
        {"another address complains", Frame().ipv4("10.1.0.33", attacker).icmp_error(3, request),
         From::honeypot, false},
        {"to another than it quotes", Frame().ipv4(decoy, "192.0.2.1").icmp_error(3, request), From::honeypot,
         false},
    };
    for (const Row& row : rows) {
        const auto view = view_of(row.frame, row.from);
        EXPECT_TRUE(view.valid && view.icmp_error) << row.description;
        EXPECT_EQ(view.quotes_foreign, !row.belongs) << row.description;
        if (!row.belongs) continue;
        EXPECT_EQ(view.key, key(6, KeyKind::ports, 40000, 22)) << row.description;
    }
}

/// Every prefix of every frame, and every byte of its header set to every value: nothing is read beyond the
/// end (the sanitizer build watches).
TEST(ParseSession, SurvivesTruncationAndCorruption) {
    const auto quoted = Frame().ipv4(decoy, attacker).tcp(22, 40000);
    const auto whole = Frame().vlan(5).ipv4(attacker, decoy).options(2).icmp_error(3, quoted).bytes();
    unsigned parsed = 0;
    const auto parse = [&](const std::vector<std::uint8_t>& bytes) {
        const L3View l3 = parse_l3(bytes, static_cast<std::uint32_t>(bytes.size()));
        if (l3.result != L3Result::ipv4) return;
        for (const From from : {From::outside, From::honeypot})
            parsed += parse_session(bytes, l3, from).valid;
    };
    for (std::size_t length = 0; length <= whole.size(); ++length)
        parse({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)});
    for (std::size_t place = 12; place < whole.size(); ++place)
        for (unsigned value = 0; value < 256; ++value) {
            auto bytes = whole;
            bytes[place] = static_cast<std::uint8_t>(value);
            parse(bytes);
        }
    EXPECT_GT(parsed, 1000U);
}

/// The short way, which reads the header four bytes at once, against the long one: of frames in which some
/// bytes of the IPv4 header, or TCP's flags, are anything.
TEST(OpensConnection, IsTheSameTheShortWayAndTheLongWay) {
    std::mt19937 random(1);
    unsigned opening = 0, others = 0;
    for (int round = 0; round < 200'000; ++round) {
        auto bytes = Frame().ipv4("198.51.100.1", "10.1.0.32").tcp(1, 2).payload(random() % 8).bytes();
        constexpr std::size_t l3 = sizeof(EthernetHeader), flags = l3 + sizeof(Ipv4Header) + 13;
        for (auto changes = random() % 3; changes > 0; --changes)
            bytes[l3 + 1 + random() % 15] = static_cast<std::uint8_t>(random());
        if (random() % 2 == 0) bytes[l3 + 6 + random() % 2] = static_cast<std::uint8_t>(1U << random() % 8);
        if (random() % 2 == 0) bytes[flags] = static_cast<std::uint8_t>(random());
        const auto length = static_cast<std::uint32_t>(bytes.size());
        if (parse_l3(bytes, length).result != L3Result::ipv4) continue;
        const bool opens = opens_connection(bytes, length);
        ASSERT_EQ(opens, unusual_opens_connection(bytes, length)) << ::testing::PrintToString(bytes);
        ++(opens ? opening : others);
    }
    EXPECT_GT(opening, 10'000U);
    EXPECT_GT(others, 10'000U);
}

TEST(OpensConnection, IsASynOfTheFirstFragmentAlone) {
    const auto asked = [](const Frame& frame) {
        const auto bytes = Frame(frame).bytes();
        return opens_connection(bytes, static_cast<std::uint32_t>(bytes.size()));
    };
    const auto tcp = [](std::uint8_t flags) {
        return Frame().ipv4("198.51.100.1", "10.1.0.32").tcp(1, 2, flags);
    };
    EXPECT_TRUE(asked(tcp(tcp_flag::syn)));
    EXPECT_TRUE(asked(tcp(tcp_flag::syn).vlan(7)));
    EXPECT_TRUE(asked(tcp(tcp_flag::syn).options(2)));
    EXPECT_TRUE(asked(tcp(tcp_flag::syn).fragment(0, true)));
    EXPECT_FALSE(asked(tcp(tcp_flag::syn).fragment(8, true)));
    EXPECT_FALSE(asked(tcp(tcp_flag::syn).fragment(2048, false)));
    EXPECT_FALSE(asked(tcp(tcp_flag::syn | tcp_flag::ack)));
    EXPECT_FALSE(asked(tcp(tcp_flag::ack)));
    EXPECT_FALSE(asked(tcp(tcp_flag::syn).protocol_number(protocol::udp)));
    EXPECT_FALSE(asked(tcp(tcp_flag::syn).total_length(33)));
    EXPECT_TRUE(asked(tcp(tcp_flag::syn).total_length(34)));
    EXPECT_FALSE(asked(tcp(tcp_flag::syn).cut_to(47)));
}

}  // namespace
}  // namespace honeyswitch::dataplane
