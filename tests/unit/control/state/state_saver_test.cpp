// Slices of a controller that goes on meanwhile, and the thread that writes them.
#include "control/state/state_saver.hpp"

#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "control/state/state_reader.hpp"
#include "tests/unit/fakes/fake_switch.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

constexpr AgentId east{0}, west{1};
constexpr auto domain = Ipv4Prefix::of({0x0a010000}, 16), dark = Ipv4Prefix::of({0x0a020000}, 16);
constexpr WallMilliseconds wall{Milliseconds{1'764'043'200'000}};

SessionKey key(std::uint32_t number) {
    return {.outside = Be32::from_host(0xc6336401),
            .inside = Be32::from_host(dark.network.value + number),
            .outside_port = Be16::from_host(40'000),
            .inside_port = Be16::from_host(22),
            .protocol = 6};
}

class StateSaverTest : public testing::Test {
  protected:
    StateSaverTest() { EXPECT_TRUE(controller_.start(now_)); }

    FlowId add(std::uint32_t number) {
        return switch_.add_session({.key = key(number), .path = {}}, now_).value();
    }
    void save() {
        saver_.begin({.saved_at = wall}, {.campus = {dark}}, now_);
        while (saver_.running()) saver_.step(now_);
    }
    /// What the file has, by the hosts of its sessions, and the rest.
    struct Found {
        std::multiset<std::uint32_t> sessions;
        std::set<std::uint64_t> flow_ids;
        std::multiset<std::uint32_t> sighted;
        std::map<std::uint32_t, AgentId> vouched;
        std::vector<WatchRecord> watches;
    };
    Found found() {
        const auto written = writer_.take(true);
        EXPECT_TRUE(written);
        EXPECT_EQ(written->failure, "");
        Found found;
        auto source = FileSource::open(file()).value().value();
        EXPECT_TRUE(check_state(source));
        StateReader reader(source);
        EXPECT_TRUE(reader.header());
        const ClockPair clocks(wall, now_);
        while (const auto block = reader.next().value())
            for (std::uint32_t i = 0; i < block->entries(); ++i) {
                if (block->kind() == StateKind::sessions)
                    found.sessions.insert(block->session(i, clocks).stats.key.inside.host() & 0xffff);
                if (block->kind() == StateKind::sessions)
                    found.flow_ids.insert(block->session(i, clocks).flow_id);
                if (block->kind() == StateKind::sightings)
                    found.sighted.insert(block->sighting(i, clocks).address.value & 0xffff);
                if (block->kind() == StateKind::vouchers)
                    found.vouched[block->voucher(i).address.value & 0xffff] = block->voucher(i).agent;
                if (block->kind() == StateKind::watches) found.watches.push_back(block->watch(i, clocks));
            }
        return found;
    }
    [[nodiscard]] std::filesystem::path file() const { return folder_.path() / "sessions"; }

    TemporaryFolder folder_;
    FakeSwitch switch_;
    EventBus events_;
    TimePoint now_{Milliseconds{1'000'000}};
    Controller controller_{{.dark = {dark}, .grants = {domain}}, switch_, events_};
    StateWriter writer_{file()};
    StateSaver saver_{switch_, controller_, writer_};
};

TEST_F(StateSaverTest, ASessionsNumberIsInTheFile) {
    controller_.packet_in({.buffer = BufferId{1}, .key = key(1)}, now_);
    const auto flow = switch_.find_session(key(1));
    ASSERT_TRUE(flow);
    save();
    EXPECT_EQ(found().flow_ids, (std::set<std::uint64_t>{controller_.sessions().flow_id(*flow)}));
}

TEST_F(StateSaverTest, AllIsInTheFile) {
    for (std::uint32_t i = 1; i <= 20; ++i) add(i);
    (void)controller_.domain_state(east, domain, std::vector{Ipv4Address{0x0a010005}}, now_);
    (void)controller_.domain_state(west, domain, std::vector{Ipv4Address{0x0a010006}}, now_);
    controller_.domain_silent(west, domain, now_);
    switch_.sighted.push_back({dark.network.value + 9});
    (void)controller_.tick(now_);
    save();
    const Found found = this->found();
    EXPECT_EQ(found.sessions.size(), 20U);
    EXPECT_EQ(found.sighted, (std::multiset<std::uint32_t>{9}));
    EXPECT_EQ(found.vouched, (std::map<std::uint32_t, AgentId>{{5, east}, {6, west}}));
    const TimePoint lapse = now_ + Milliseconds{600'000};
    EXPECT_EQ(found.watches, (std::vector<WatchRecord>{{west, domain, lapse}, {east, domain, lapse}}));
    EXPECT_EQ(saver_.totals(), (StateTotals{.watches = 2, .vouchers = 2, .sightings = 1, .sessions = 20}));
}

TEST_F(StateSaverTest, AnEmptySwitchHasAFileToo) {
    save();
    EXPECT_TRUE(found().sessions.empty());
}

TEST_F(StateSaverTest, EachSliceLooksAtAPortion) {
    std::vector<Ipv4Address> many(3 * StateSaver::entries_a_slice);
    for (std::uint32_t i = 0; i < many.size(); ++i) many[i] = {domain.network.value + i};
    (void)controller_.domain_state(east, domain, many, now_);
    saver_.begin({.saved_at = wall}, {}, now_);
    unsigned slices = 0;
    for (; saver_.running(); ++slices) {
        const auto before = saver_.totals();
        saver_.step(now_);
        EXPECT_LE(saver_.totals().vouchers - before.vouchers, StateSaver::entries_a_slice);
    }
    EXPECT_EQ(slices, 1U + 4U + 1U + 1U) << "domains, addresses and what is beyond them, sightings, sessions";
    EXPECT_EQ(found().vouched.size(), many.size());
}

/// Sightings that are asked about go to the end of their row while it is read.
TEST_F(StateSaverTest, WhatStaysIsReadWhateverChangesMeanwhile) {
    constexpr std::uint32_t count = 2 * StateSaver::entries_a_slice;
    for (std::uint32_t i = 0; i < count; ++i) switch_.sighted.push_back({dark.network.value + 1 + i});
    while (controller_.sightings() < count) (void)controller_.tick(now_);
    saver_.begin({.saved_at = wall}, {}, now_);
    for (int i = 0; i < 4; ++i) saver_.step(now_);
    now_ += Milliseconds{300'001};
    for (int i = 0; i < 6; ++i) (void)controller_.tick(now_);
    while (saver_.running()) saver_.step(now_);
    const auto sighted = found().sighted;
    EXPECT_EQ(std::set(sighted.begin(), sighted.end()).size(), count);
}

TEST_F(StateSaverTest, AnotherBeginningTakesThePlaceOfAFileThatWasNotEnded) {
    add(1);
    saver_.begin({.saved_at = wall}, {}, now_);
    saver_.step(now_);
    add(2);
    save();
    EXPECT_EQ(found().sessions, (std::multiset<std::uint32_t>{1, 2}));
    EXPECT_EQ(writer_.take(), std::nullopt) << "of the first nothing came";
}

TEST_F(StateSaverTest, WhatCannotBeWrittenIsSaidAndTheNextIsTriedAnew) {
    std::filesystem::create_directory(file().string() + ".new");
    save();
    const auto failed = writer_.take(true);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->failure, file().string() + ".new: Is a directory");
    std::filesystem::remove(file().string() + ".new");
    add(3);
    save();
    EXPECT_EQ(found().sessions, (std::multiset<std::uint32_t>{3}));
}

/// What was ended is on the disk when the writer is gone; what was not leaves the file before as it is.
TEST_F(StateSaverTest, TheFileBeforeStaysUntilTheNextIsWhole) {
    {
        StateWriter writer(folder_.path() / "other");
        writer.begin();
        writer.put(StateBytes{'a'});
        writer.end();
        writer.begin();
        writer.put(StateBytes{'b'});
    }
    EXPECT_EQ(std::filesystem::file_size(folder_.path() / "other"), 1U);
    std::ifstream stream(folder_.path() / "other");
    EXPECT_EQ(stream.get(), 'a');
    EXPECT_EQ(std::filesystem::status(folder_.path() / "other").permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace
}  // namespace honeyswitch::control
