// What is written is read as it was, and nothing else is taken for it.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/headers.hpp"
#include "control/state/crc32c.hpp"
#include "control/state/state_reader.hpp"
#include "tests/unit/fakes/memory_source.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

constexpr WallMilliseconds saved_at{Milliseconds{1'764'043'200'250}};
constexpr TimePoint saved_now{Milliseconds{5'000'000}};
const ClockPair clocks(saved_at, saved_now);

SessionRecord session() {
    SessionRecord record{.stats = {.key = {},
                                   .path = {.destination = {2, 0, 0, 0, 0, 1},
                                            .source = {2, 0, 0, 0, 0, 2},
                                            .tags = {VlanTag{Be16::from_host(0x88a8), Be16::from_host(7)},
                                                     VlanTag{Be16::from_host(0x8100), Be16::from_host(42)}},
                                            .tag_count = 2,
                                            .link = 3},
                                   .honeypot = HoneypotId{254},
                                   .progress = Step::handshake,
                                   .created = TimePoint{Milliseconds{-3}},
                                   .last_seen = saved_now - Milliseconds{17},
                                   .packets_in = 0xffff'fffe,
                                   .bytes_in = 0xffff'ffff'ffff'fff0,
                                   .packets_out = 9,
                                   .bytes_out = 8},
                         .counted = Step::answered,
                         .contained = true,
                         .ended = true,
                         .outlives_since = saved_now - Milliseconds{400},
                         .flow_id = 0xfedc'ba98'7654};
    record.stats.key.outside = Be32::from_host(0xc633'6407);
    record.stats.key.inside = Be32::from_host(0x0a01'0203);
    record.stats.key.outside_port = Be16::from_host(40'000);
    record.stats.key.inside_port = Be16::from_host(22);
    record.stats.key.protocol = protocol::udp;
    return record;
}

const std::vector<SavedName> honeypots{{0, "main", MacAddress{{2, 0, 0, 0, 0, 0x66}}}, {254, "second"}};
const WatchRecord watch{AgentId{7}, Ipv4Prefix::of({0x0a010000}, 24), saved_now + Milliseconds{600'000}};
const SightingRecord sighting{{0x0a010009}, true, saved_now + Milliseconds{1'000}};
const StateTotals totals{.watches = 1, .vouchers = 2, .sightings = 1, .sessions = 2};

void append(StateBytes& file, const StateBytes& bytes) {
    file.insert(file.end(), bytes.begin(), bytes.end());
}

template <typename... Entry>
StateBytes block(StateKind kind, const Entry&... entries) {
    StateBlockWriter writer(kind);
    (writer.add(entries), ...);
    return writer.take();
}
template <typename... Entry>
StateBytes timed_block(StateKind kind, const Entry&... entries) {
    StateBlockWriter writer(kind);
    (writer.add(entries, clocks), ...);
    return writer.take();
}

StateBytes whole_file(const StateTotals& says = totals) {
    StateBytes file = header_bytes({.saved_at = saved_at, .observing = true});
    append(file, block(StateKind::honeypots, honeypots[0], honeypots[1]));
    append(file, block(StateKind::links, SavedName{3, "west"}));
    append(file, block(StateKind::agents, SavedName{7, "east"}));
    append(file, block(StateKind::campus, Ipv4Prefix::of({0x0a010000}, 16)));
    append(file, timed_block(StateKind::watches, watch));
    append(file, block(StateKind::vouchers, SavedVoucher{{0x0a010001}, AgentId{7}},
                       SavedVoucher{{0x0a010002}, AgentId{7}}));
    append(file, timed_block(StateKind::sightings, sighting));
    append(file, timed_block(StateKind::sessions, session(), session()));
    append(file, end_bytes(says));
    return file;
}

/// Empty: it can be used.
std::string flaw_of(StateBytes file) {
    MemorySource source(std::move(file));
    const auto checked = check_state(source);
    return checked ? "" : checked.error().reason;
}

TEST(StateFormat, ARoundTripGivesAllOfIt) {
    MemorySource source(whole_file());
    StateReader reader(source);
    EXPECT_EQ(reader.header().value(), (StateHeader{.saved_at = saved_at, .observing = true}));
    const auto next = [&] { return reader.next().value().value(); };
    EXPECT_EQ(next().names(), honeypots);
    EXPECT_EQ(next().names(), (std::vector<SavedName>{{3, "west"}}));
    EXPECT_EQ(next().names(), (std::vector<SavedName>{{7, "east"}}));
    EXPECT_EQ(next().prefix(0), Ipv4Prefix::of({0x0a010000}, 16));
    EXPECT_EQ(next().watch(0, clocks), watch);
    EXPECT_EQ(next().voucher(1), (SavedVoucher{{0x0a010002}, AgentId{7}}));
    EXPECT_EQ(next().sighting(0, clocks), sighting);
    const auto sessions = next();
    EXPECT_EQ(sessions.entries(), 2U);
    EXPECT_EQ(sessions.session(1, clocks), session());
    EXPECT_EQ(reader.next().value(), std::nullopt);
    EXPECT_EQ(reader.totals(), totals);
}

TEST(StateFormat, AnotherProcessReadsTheMomentsByItsOwnClock) {
    MemorySource source(timed_block(StateKind::sessions, session()));
    StateBytes bytes(StateBlockHead::size + 96);
    ASSERT_EQ(source.read(bytes).value(), bytes.size());
    const auto read = StateBlock::check(parse_head(bytes).value(), std::span(bytes).subspan(16)).value();
    const ClockPair later(saved_at + Milliseconds{3'000}, TimePoint{Milliseconds{200}});
    EXPECT_EQ(read.session(0, later).stats.last_seen, TimePoint{Milliseconds{200 - 3'000 - 17}});
}

// The numbers are those of RFC 3720, appendix B.4.
TEST(StateFormat, TheChecksumIsCrc32c) {
    std::array<std::uint8_t, 32> bytes{};
    EXPECT_EQ(crc32c(bytes), 0x8a91'36aaU);
    bytes.fill(0xff);
    EXPECT_EQ(crc32c(bytes), 0x62a8'ab43U);
    EXPECT_EQ(crc32c(std::span(bytes).subspan(5), crc32c(std::span(bytes).first(5))), 0x62a8'ab43U);
}

TEST(StateFormat, LiesInTheFileAsItIsDescribed) {
    const StateBytes header = header_bytes({.saved_at = WallMilliseconds{Milliseconds{0x0102}}});
    EXPECT_EQ(std::string(header.begin(), header.begin() + 8), "HSWSTATE");
    EXPECT_EQ(header[8], 1U) << "the version";
    EXPECT_EQ(header[16], 2U) << "little-endian";
    const StateBytes sessions = timed_block(StateKind::sessions, session());
    EXPECT_EQ(sessions.size(), 16U + 96U);
    EXPECT_EQ(sessions[16], 198U) << "addresses are as in a frame";
    EXPECT_EQ(sessions[16 + 38], 254U) << "the honeypot";
}

TEST(StateFormat, EveryDamagedByteIsFound) {
    const StateBytes good = whole_file();
    ASSERT_EQ(flaw_of(good), "");
    for (std::size_t i = 0; i < good.size(); ++i) {
        StateBytes bad = good;
        bad[i] ^= 0x10U;
        EXPECT_NE(flaw_of(bad), "") << "byte " << i;
    }
}

TEST(StateFormat, AFileThatIsCutOffIsFoundWhereverItIsCut) {
    const StateBytes good = whole_file();
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto flaw = flaw_of(StateBytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
        EXPECT_TRUE(flaw.ends_with("it is cut off")) << size << ": " << flaw;
    }
}

TEST(StateFormat, WhatIsWrongIsSaid) {
    StateBytes longer = whole_file();
    longer.push_back(0);
    EXPECT_EQ(flaw_of(longer), "block 9: there is something behind the end");
    EXPECT_EQ(flaw_of(whole_file({.sessions = 3})), "block 9: there are not as many entries as it says");
    EXPECT_EQ(flaw_of(StateBytes(64, 'x')), "it does not begin as one");
    StateBytes newer = whole_file();
    newer[8] = 2;
    MemorySource source(newer);
    const auto checked = check_state(source);
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().kind, StateFlaw::Kind::newer);
    EXPECT_EQ(checked.error().reason, "it is of version 2, and this program knows 1");
}

/// As somebody writes it who knows the checksum.
TEST(StateFormat, EntriesThatCannotBeAreFoundAlthoughTheChecksumIsRight) {
    const auto flaw_with = [](SessionRecord bad) {
        StateBytes file = header_bytes({.saved_at = saved_at});
        append(file, timed_block(StateKind::sessions, session(), bad));
        append(file, end_bytes({.sessions = 2}));
        return flaw_of(file);
    };
    EXPECT_EQ(flaw_with(session()), "");
    auto bad = session();
    bad.stats.path.tag_count = 3;
    EXPECT_EQ(flaw_with(bad), "block 1: entry 2 cannot be");
    bad = session();
    bad.stats.progress = static_cast<Step>(4);
    EXPECT_EQ(flaw_with(bad), "block 1: entry 2 cannot be");
    bad = session();
    bad.stats.key.kind = static_cast<dataplane::KeyKind>(2);
    EXPECT_EQ(flaw_with(bad), "block 1: entry 2 cannot be");
    bad = session();
    bad.stats.created = TimePoint{Milliseconds{std::int64_t{1} << 60}};
    EXPECT_EQ(flaw_with(bad), "block 1: entry 2 cannot be");
}

TEST(StateFormat, OnlyARegularFileIsRead) {
    const TemporaryFolder folder;
    EXPECT_EQ(FileSource::open(folder.path() / "none").value().has_value(), false);
    ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
    EXPECT_EQ(FileSource::open(folder.path() / "pipe").error(), "it is no regular file");
    EXPECT_EQ(FileSource::open(folder.path()).error(), "it is no regular file");
    const StateBytes bytes = whole_file();
    const auto file = folder.write("state", std::string(bytes.begin(), bytes.end()));
    auto source = FileSource::open(file).value().value();
    EXPECT_TRUE(check_state(source));
    EXPECT_TRUE(check_state(source)) << "it is at its beginning again";
}

}  // namespace
}  // namespace honeyswitch::control
