// Whose first packet it is: each row is a packet from its IPv4 header on. Those of Debian 12's Linux, ZMap,
// masscan, nmap and hping3 were recorded; the others are made as their programs' sources say.
#include "base/scanner.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace honeyswitch {
namespace {

constexpr Ipv4Address destination{0x0a010203};
constexpr std::uint16_t port = 22;

std::vector<std::uint8_t> bytes_of(std::string_view text) {
    std::vector<std::uint8_t> bytes;
    std::string digits;
    for (const char letter : text)
        if (letter != ' ') digits += letter;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(digits.substr(i, 2), nullptr, 16)));
    return bytes;
}

FirstPacket read(std::string_view text) {
    return read_first_packet(bytes_of(text));
}

struct Row {
    const char* who;
    const char* packet;  ///< from 198.51.100.7 to 10.1.2.3, port 22
    Scanner scanner;
    const char* options;
};

// clang-format off
constexpr std::array rows{
    Row{"Linux 6.1, connect(2)",
        "4500003c 5f914000 4006a4ec c6336407 0a010203"
        "bfae0016 e4a548f7 00000000 a002faf0 366d0000 020405b4 0402080a a514e78b 00000000 0103030a",
        Scanner::unknown, "mss1460,sok,ts,nop,ws10"},
    Row{"Windows 10",
        "45000034 6a114000 7106 0000 c6336407 0a010203"
        "d2f10016 8c21aa01 00000000 8002faf0 0000 0000 020405b4 01030308 01010402",
        Scanner::unknown, "mss1460,nop,ws8,nop,nop,sok"},
    Row{"ZMap 2.1.1",
        "45000028 d4310000 ff06b15f c6336407 0a010203"
        "9a870016 66973e95 00000000 5002ffff 39da0000",
        Scanner::zmap, ""},
    Row{"ZMap 4.3, its default",
        "45000034 3e5d0000 ee06 0000 c6336407 0a010203"
        "b1230016 77aa0199 00000000 8002ffff 0000 0000 020405b4 01030308 01010402",
        Scanner::zmap, "mss1460,nop,ws8,nop,nop,sok"},
    Row{"ZMap 4.3, --probe-args=linux",
        "4500003c 3e5d0000 ee06 0000 c6336407 0a010203"
        "b1230016 77aa0199 00000000 a002ffff 0000 0000 020405b4 0402080a 5f5e1000 00000000 01030307",
        Scanner::zmap, "mss1460,sok,ts,nop,ws7"},
    Row{"masscan 1.3.2",
        "45000028 9ebe0000 ff06e6d2 c6336407 0a010203"
        "dd9b0016 61b69cab 00000000 50020400 99900000",
        Scanner::masscan, ""},
    Row{"Mirai",
        "45000028 a1b20000 3006 0000 c6336407 0a010203"
        "c00f0016 0a010203 00000000 50023908 0000 0000",
        Scanner::mirai, ""},
    Row{"nmap 7.93 -sS",
        "4500002c 99360000 2706c457 c6336407 0a010203"
        "ce910016 d32766b9 00000000 60020400 555f0000 020405b4",
        Scanner::nmap, "mss1460"},
    Row{"nmap 7.93 -O, its first probe",
        "4500003c fdf20000 2f06578b c6336407 0a010203"
        "e8130016 2fc538da de0066d5 a0020001 73270000 03030a01 020405b4 080affff ffff0000 00000402",
        Scanner::nmap, "ws10,nop,mss1460,ts,sok"},
    Row{"nmap 7.93 -O, its third probe",
        "4500003c c0740000 37068d09 c6336407 0a010203"
        "e8150016 2fc538dc de0066d5 a0020004 7e550000 080affff ffff0000 00000101 03030501 02040280",
        Scanner::nmap, "ts,nop,nop,ws5,nop,mss640"},
    Row{"hping3 3.a2 -S",
        "45000028 c8240000 40067c6d c6336407 0a010203"
        "0a2f0016 257afeb9 1240b34b 50020200 839f0000",
        Scanner::irregular, ""},
    Row{"an ordinary request with a TTL that no client has",
        "45000034 6a114000 f106 0000 c6336407 0a010203"
        "d2f10016 8c21aa01 00000000 8002faf0 0000 0000 020405b4 01030308 01010402",
        Scanner::irregular, "mss1460,nop,ws8,nop,nop,sok"},
    Row{"backscatter: a SYN-ACK with ZMap's number",
        "45000028 d4310000 3506 0000 c6336407 0a010203"
        "01bb0016 11223344 55667788 50122000 0000 0000",
        Scanner::unknown, ""},
    Row{"a UDP datagram with ZMap's number",
        "4500001e d4310000 f211 0000 c6336407 0a010203 b1230035 000a0000 0102",
        Scanner::unknown, ""},
};
// clang-format on

TEST(Scanner, IsKnownByTheHeadersOfItsFirstPacket) {
    for (const Row& row : rows) {
        const FirstPacket packet = read(row.packet);
        EXPECT_EQ(name_of(scanner_of(packet, destination, port)), name_of(row.scanner)) << row.who;
        EXPECT_EQ(tcp_options_text(packet), row.options) << row.who;
    }
}

TEST(Scanner, MasscansMarkIsOfTheAddressAndThePortThatItAsked) {
    const FirstPacket packet = read(rows[5].packet);
    EXPECT_EQ(scanner_of(packet, destination, port), Scanner::masscan);
    EXPECT_NE(scanner_of(packet, {destination.value + 1}, port), Scanner::masscan);
    EXPECT_NE(scanner_of(packet, destination, 23), Scanner::masscan);
}

TEST(Scanner, EachIrregularityIsToldByItself) {
    const FirstPacket ordinary = read(rows[0].packet);
    EXPECT_EQ(irregularity_of(ordinary, destination), SynIrregularity{});
    FirstPacket packet = ordinary;
    packet.ttl = 201;
    EXPECT_EQ(irregularity_of(packet, destination), SynIrregularity{.high_ttl = true});
    packet = ordinary;
    packet.ip_id = 54'321;
    EXPECT_EQ(irregularity_of(packet, destination), SynIrregularity{.ip_id = true});
    packet = ordinary;
    packet.tcp_sequence = destination.value;
    EXPECT_EQ(irregularity_of(packet, destination), SynIrregularity{.sequence = true});
    packet = ordinary;
    packet.tcp_option_count = 0;
    EXPECT_EQ(irregularity_of(packet, destination), SynIrregularity{.no_options = true});
    packet.tcp_flags = tcp_flag::syn | tcp_flag::ack;
    EXPECT_FALSE(irregularity_of(packet, destination).any()) << "an answer need not have options";
}

TEST(FirstPacket, HasTheFieldsOfItsHeaders) {
    const FirstPacket packet = read(rows[0].packet);
    EXPECT_TRUE(packet.tcp && packet.dont_fragment && packet.opens_connection());
    EXPECT_EQ(packet.ttl, 64);
    EXPECT_EQ(packet.ip_id, 0x5f91);
    EXPECT_EQ(packet.ip_length, 60);
    EXPECT_EQ(packet.tcp_window, 0xfaf0);
    EXPECT_EQ(packet.tcp_sequence, 0xe4a548f7U);
    EXPECT_EQ(packet.tcp_mss, 1460);
    EXPECT_EQ(packet.tcp_window_scale, 10);
    EXPECT_FALSE(read(rows.back().packet).tcp);
}

/// Whatever is cut off, and whatever lengths the options claim, nothing behind the end is read.
TEST(FirstPacket, IsReadAsFarAsItGoes) {
    const auto whole = bytes_of(rows[0].packet);
    for (std::size_t size = sizeof(Ipv4Header); size <= whole.size(); ++size) {
        const std::vector<std::uint8_t> part(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(size));
        const FirstPacket packet = read_first_packet(part);
        EXPECT_EQ(packet.tcp, size >= 40) << size;
        EXPECT_EQ(packet.ttl, 64);
    }
    for (unsigned length = 0; length < 256; ++length) {
        auto odd = whole;
        odd[41] = static_cast<std::uint8_t>(length);  // of the first option
        const FirstPacket packet = read_first_packet(odd);
        EXPECT_EQ(packet.broken_options && packet.tcp_option_count == 0, length < 2 || length > 20) << length;
    }
}

TEST(FirstPacket, TellsThatThereAreMoreOptionsThanAreKept) {
    const FirstPacket packet = read(
        "4500003400000000400600000102030401020304"
        "9c4000160000000000000000800200000000000001010101010101010101020c");
    EXPECT_EQ(packet.tcp_option_count, 10);
    EXPECT_EQ(tcp_options_text(packet), "nop,nop,nop,nop,nop,nop,nop,nop+!");
}

TEST(FirstPacket, OfAFollowingFragmentHasNoTcpHeader) {
    EXPECT_FALSE(read("4500002800010004400600000102030401020304"
                      "9c4000160000000000000000500200000000"
                      "0000")
                     .tcp);
}

}  // namespace
}  // namespace honeyswitch
