// Events as they come over the socket, and what is made of them.
#include "tools/honeyrecord/event/event.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "tools/honeyrecord/event/community_id.hpp"

namespace honeyswitch::record {
namespace {

using namespace std::chrono_literals;

constexpr const char* begin_line =
    R"({"timestamp":"2026-11-27T03:40:00.123Z","event_type":"session_begin","flow":17,"created_ms":1000,)"
    R"("src_ip":"128.232.110.120","src_port":34855,"dest_ip":"66.35.250.204","dest_port":80,"proto":"TCP",)"
    R"("honeypot":"pot","reason":"dark"})";
constexpr const char* end_line =
    R"({"timestamp":"2026-11-27T03:41:00.123Z","event_type":"session_end","flow":17,"created_ms":1000,)"
    R"("src_ip":"128.232.110.120","src_port":34855,"dest_ip":"66.35.250.204","dest_port":80,"proto":"TCP",)"
    R"("honeypot":"pot","reason":"idle","step":"payload"})";

std::optional<std::uint16_t> port(const std::string& text) {
    if (text == "-") return std::nullopt;
    return static_cast<std::uint16_t>(std::stoi(text));
}

TEST(CommunityId, IsThatOfThePublishedVectors) {
    std::ifstream file(COMMUNITY_ID_VECTORS);
    std::string line;
    unsigned seen = 0;
    while (std::getline(file, line)) {
        if (line.starts_with('#')) continue;
        std::istringstream words(line);
        std::string protocol, source, destination, source_port, destination_port, expected;
        words >> protocol >> source >> destination >> source_port >> destination_port >> expected;
        const FlowTuple flow{parse_address(source).value(), parse_address(destination).value(),
                             static_cast<std::uint8_t>(std::stoi(protocol)), port(source_port),
                             port(destination_port)};
        EXPECT_EQ(community_id(flow), expected) << line;
        ++seen;
    }
    EXPECT_EQ(seen, 11U);
}

TEST(CommunityId, HasASeed) {
    const FlowTuple flow{parse_address("1.2.3.4").value(), parse_address("5.6.7.8").value(), 6, 1122, 3344};
    EXPECT_EQ(community_id(flow, 0), "1:wCb3OG7yAFWelaUydu0D+125CLM=");
    EXPECT_NE(community_id(flow, 1), community_id(flow, 0));
}

TEST(RecordedEvent, ASessionHasOneNameInAllOfItsEvents) {
    const auto begin = parse_event(begin_line), end = parse_event(end_line);
    ASSERT_TRUE(begin && end);
    ASSERT_TRUE((*begin)->session && (*end)->session);
    EXPECT_EQ((*begin)->type, "session_begin");
    EXPECT_EQ((*begin)->session->flow_id, (*end)->session->flow_id);
    EXPECT_GE((*begin)->session->flow_id, 0);
    EXPECT_LT((*begin)->session->flow_id, 1LL << 51);
    EXPECT_EQ((*begin)->session->community_id, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    EXPECT_EQ((*end)->time - (*begin)->time, 1min);
}

TEST(RecordedEvent, AnotherSessionHasAnotherName) {
    const std::string line = begin_line;
    const auto one = parse_event(line);
    ASSERT_TRUE(one);
    for (const auto& [before, after] : {std::pair{"\"flow\":17", "\"flow\":18"},
                                        {"\"created_ms\":1000", "\"created_ms\":1001"},
                                        {"34855", "34856"},
                                        {"66.35.250.204", "66.35.250.205"}}) {
        auto changed = line;
        changed.replace(changed.find(before), std::string_view(before).size(), after);
        const auto other = parse_event(changed);
        ASSERT_TRUE(other) << changed;
        EXPECT_NE((*one)->session->flow_id, (*other)->session->flow_id) << changed;
    }
}

TEST(RecordedEvent, WhatTheSwitchNamesItIsItsName) {
    std::string line = begin_line;
    line.insert(line.size() - 1, R"(,"flow_id":123456789,"community_id":"1:abc")");
    const auto event = parse_event(line);
    ASSERT_TRUE(event && (*event)->session);
    EXPECT_EQ((*event)->session->flow_id, 123'456'789);
    EXPECT_EQ((*event)->session->community_id, "1:abc");
}

TEST(RecordedEvent, AnIcmpQueryHasACommunityIdOnceItsTypeIsKnown) {
    const std::string line =
        R"({"timestamp":"2026-11-27T03:40:00.123Z","event_type":"session_begin","src_ip":"192.168.0.89",)"
        R"("dest_ip":"192.168.0.1","identifier":7,"proto":"ICMP")";
    EXPECT_EQ(parse_event(line + "}").value()->session->community_id, "");
    EXPECT_EQ(parse_event(line + R"(,"icmp_type":8,"icmp_code":0})").value()->session->community_id,
              "1:X0snYXpgwiv9TZtqg64sgzUn6Dk=");
}

TEST(RecordedEvent, WhatIsNoneIsRefusedWithAReason) {
    const std::vector<std::pair<std::string, std::string>> rows{
        {"", "it is no JSON object"},
        {"[]", "it is no JSON object"},
        {R"({"timestamp":"2026-11-27T03:40:00.123Z")", "it is no JSON object"},
        {R"({"timestamp":"2026-11-27T03:40:00.123Z"})", "it has no event_type"},
        {R"({"event_type":"x"})", "it has no timestamp"},
        {R"({"event_type":"x","timestamp":"yesterday"})", "its timestamp is none"}};
    for (const auto& [line, reason] : rows) {
        const auto event = parse_event(line);
        ASSERT_FALSE(event) << line;
        EXPECT_EQ(event.error(), reason) << line;
    }
}

TEST(RecordedEvent, TimesAreReadAndWritten) {
    const auto time = parse_time("2026-11-27T03:40:00.123Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(time_text(*time), "2026-11-27T03:40:00.123000+0000");
    for (const auto* const same : {"2026-11-27T03:40:00.123000+0000", "2026-11-27T03:40:00.123000000Z",
                                   "2026-11-27T12:40:00.123+0900", "2026-11-27T02:10:00.123-01:30"})
        EXPECT_EQ(parse_time(same), time) << same;
    EXPECT_EQ(time_text(parse_time("2026-02-28T23:59:59Z").value()), "2026-02-28T23:59:59.000000+0000");
    for (const auto* const wrong : {"", "2026-11-27", "2026-11-27T03:40:00", "2026-02-30T03:40:00Z",
                                    "2026-11-27T24:40:00Z", "2026-11-27T03:40:00.Z1", "2026-11-27T03:40:00.1",
                                    "2026-11-27 03:40:00Z", "2026-11-27T03:40:00+09"})
        EXPECT_FALSE(parse_time(wrong)) << wrong;
}

TEST(RecordedEvent, AGapSaysWhyAndHowManyIfThatIsKnown) {
    const auto now = parse_time("2026-11-27T03:40:00.123Z").value();
    EXPECT_EQ(
        gap_of(GapCause::slow, now, 7)->body.dump(),
        R"({"timestamp":"2026-11-27T03:40:00.123000+0000","event_type":"gap","events":7,"cause":"slow"})");
    EXPECT_EQ(gap_of(GapCause::disconnected, now, std::nullopt, now - 1s)->body.dump(),
              R"({"timestamp":"2026-11-27T03:40:00.123000+0000","event_type":"gap","cause":"disconnected",)"
              R"("since":"2026-11-27T03:39:59.123000+0000"})");
}

}  // namespace
}  // namespace honeyswitch::record
