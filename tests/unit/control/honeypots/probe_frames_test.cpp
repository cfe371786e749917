// The probes, byte by byte.
#include "control/honeypots/probe_frames.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/packet_builder.hpp"

namespace honeyswitch::control {
namespace {

constexpr MacPair macs{.source = {{2, 0, 0, 0, 9, 9}}, .destination = {{2, 0, 0, 0, 0, 1}}};
constexpr TcpSegment syn{.source = {0xc0000201},
                         .destination = {0x0a010020},
                         .source_port = 50'000,
                         .destination_port = 22,
                         .flags = TcpSegment::syn,
                         .seq = 0x01020304};

using Bytes = std::vector<std::uint8_t>;

Bytes padded(Bytes bytes) {
    bytes.resize(60);
    return bytes;
}
Bytes bytes_of(const ProbeFrame& frame) {
    return {frame.begin(), frame.end()};
}

/// RFC 1071: what is summed with its checksum gives all ones. A second way of counting, on purpose.
unsigned sum_of(std::span<const std::uint8_t> bytes, unsigned sum = 0) {
    for (std::size_t i = 0; i < bytes.size(); ++i) sum += i % 2 == 0 ? bytes[i] * 256U : bytes[i];
    return sum % 0xffffU;
}

TEST(ProbeFrames, AnArpQuestionIsInANameOrInNone) {
    const auto expected = [](const char* sender) {
        dataplane::Frame frame;
        frame.between(macs.source.octets, macs.destination.octets)
            .arp(arp_request, macs.source.octets, sender, "10.1.0.32");
        return padded(frame.bytes());
    };
    EXPECT_EQ(bytes_of(arp_question(macs, {0xc0000201}, {0x0a010020})), expected("192.0.2.1"));
    EXPECT_EQ(bytes_of(arp_question(macs, {}, {0x0a010020})), expected("0.0.0.0"));
}

TEST(ProbeFrames, ASegmentReadsAsItWasWritten) {
    for (const std::uint8_t flags : {TcpSegment::syn, TcpSegment::rst, TcpSegment::ack_flag}) {
        TcpSegment segment = syn;
        segment.flags = flags;
        segment.ack = 0xfffffffe;
        const ProbeFrame frame = tcp_frame(macs, segment);
        EXPECT_EQ(read_tcp_segment(std::span(frame).subspan(14)), segment);
    }
}

TEST(ProbeFrames, ASynIsWhatScapyMakesOfIt) {
    // clang-format off
    const Bytes expected = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9, 0x08, 0x00,
                            0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0x6e, 0xae, 192, 0, 2, 1, 10, 1, 0, 32,
                            0xc3, 0x50, 0, 22, 1, 2, 3, 4, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0x1c, 0x54, 0, 0};
    // clang-format on
    EXPECT_EQ(bytes_of(tcp_frame(macs, syn)), padded(expected));
}

TEST(ProbeFrames, ChecksumsAreRight) {
    for (std::uint32_t i = 0; i < 1'000; ++i) {
        TcpSegment segment = syn;
        segment.seq = i * 0x9e3779b9U;
        segment.source_port = static_cast<std::uint16_t>(i * 65);
        const ProbeFrame frame = tcp_frame(macs, segment);
        const std::span bytes(frame);
        EXPECT_EQ(sum_of(bytes.subspan(14, 20)), 0U);
        const unsigned pseudo = sum_of(bytes.subspan(26, 8), 6 + 20);
        EXPECT_EQ(sum_of(bytes.subspan(34, 20), pseudo), 0U);
    }
}

struct Unreadable {
    const char* what;
    dataplane::Frame frame;
};

class NoSegment : public testing::TestWithParam<Unreadable> {};

TEST_P(NoSegment, IsRead) {
    const Bytes bytes = GetParam().frame.bytes();
    EXPECT_EQ(read_tcp_segment(std::span(bytes).subspan(14)), std::nullopt);
}

dataplane::Frame tcp() {
    return dataplane::Frame().ipv4("10.1.0.32", "192.0.2.1").tcp(22, 50'000, 0x12);
}

INSTANTIATE_TEST_SUITE_P(
    All, NoSegment,
    testing::Values(Unreadable{"nothing", dataplane::Frame().cut_to(14)},
                    Unreadable{"no whole IPv4 header", tcp().cut_to(14 + 19)},
                    Unreadable{"no whole TCP header", tcp().cut_to(14 + 39)},
                    Unreadable{"padding behind a short packet", tcp().total_length(39)},
                    Unreadable{"a length beyond the frame", tcp().total_length(41)},
                    Unreadable{"options beyond the frame", tcp().options(10).cut_to(14 + 40)},
                    Unreadable{"a first fragment", tcp().fragment(0, true)},
                    Unreadable{"a following fragment", tcp().fragment(64, false)},
                    Unreadable{"UDP",
                               dataplane::Frame().ipv4("10.1.0.32", "192.0.2.1").udp(22, 5).payload(40)}),
    [](const auto& row) {
        std::string name = row.param.what;
        std::erase_if(name,
                      [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) == 0; });
        return name;
    });

TEST(ProbeFrames, ASegmentBehindOptionsIsRead) {
    const Bytes bytes = tcp().options(3).payload(5).bytes();
    const TcpSegment segment = read_tcp_segment(std::span(bytes).subspan(14)).value_or(TcpSegment{});
    EXPECT_EQ(segment.source_port, 22);
    EXPECT_EQ(segment.flags, TcpSegment::syn | TcpSegment::ack_flag);
}

}  // namespace
}  // namespace honeyswitch::control
