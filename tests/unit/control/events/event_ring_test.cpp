// Who is told of what, and what becomes of readers that are slow.
#include "control/events/event_ring.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control/events/event_lines.hpp"
#include "tests/unit/fixtures/heard_log.hpp"

namespace honeyswitch::control {
namespace {

SessionBegun session(std::uint32_t flow) {
    return {.session = {.flow = flow, .honeypot = {0}}};
}

/// "17", or "gap 3", or a type.
std::string text_of(const Event& event) {
    if (const auto* const begun = std::get_if<SessionBegun>(&event.body))
        return std::to_string(begun->session.flow);
    if (const auto* const missed = std::get_if<EventsMissed>(&event.body))
        return "gap " + std::to_string(missed->events);
    return std::string(name_of(event.type()));
}

class Ring : public testing::Test {
  protected:
    using Texts = std::vector<std::string>;
    static constexpr std::size_t capacity = 4;

    [[nodiscard]] static Texts read(EventReader& reader, std::size_t most = 100) {
        Texts texts;
        reader.read(most, [&](const Event& event, const EventNames&) { texts.push_back(text_of(event)); });
        return texts;
    }
    void begin(std::uint32_t first, std::uint32_t count) {
        for (std::uint32_t i = first; i < first + count; ++i) bus_.publish(session(i));
    }

    EventBus bus_;
    EventRing ring_{bus_, capacity};
    static constexpr EventTypes sessions_ = only(EventType::session_begin);
};

TEST_F(Ring, WantsWhatIsFrequentOnlyWhileSomebodyReads) {
    EXPECT_FALSE(bus_.wanted(EventType::session_begin));
    EXPECT_TRUE(bus_.wanted(EventType::honeypot));
    {
        EventReader first(ring_, sessions_, EventReader::From::now);
        EventReader second(ring_, all_event_types, EventReader::From::now);
        EXPECT_TRUE(bus_.wanted(EventType::session_begin));
    }
    EXPECT_FALSE(bus_.wanted(EventType::session_begin));
    EXPECT_FALSE(bus_.wanted(EventType::session_end));
}

TEST_F(Ring, GivesEachReaderAllInOrder) {
    EventReader quick(ring_, sessions_, EventReader::From::now),
        slow(ring_, sessions_, EventReader::From::now);
    begin(1, 2);
    EXPECT_EQ(read(quick), (Texts{"1", "2"}));
    EXPECT_FALSE(quick.behind());
    begin(3, 2);
    EXPECT_EQ(read(quick), (Texts{"3", "4"}));
    EXPECT_EQ(read(slow, 3), (Texts{"1", "2", "3"}));
    EXPECT_TRUE(slow.behind());
    EXPECT_EQ(read(slow), (Texts{"4"}));
}

TEST_F(Ring, TellsASlowReaderHowManyItMissed) {
    EventReader quick(ring_, sessions_, EventReader::From::now),
        slow(ring_, sessions_, EventReader::From::now);
    begin(1, 10);
    EXPECT_EQ(read(slow), (Texts{"gap 6", "7", "8", "9", "10"}));
    EXPECT_EQ(read(quick), (Texts{"gap 6", "7", "8", "9", "10"}));
    begin(11, 4);
    EXPECT_EQ(read(slow), (Texts{"11", "12", "13", "14"})) << "a gap is told once";
}

TEST_F(Ring, CountsNoMissedEventThatWasNotWanted) {
    EventReader sessions(ring_, sessions_, EventReader::From::now);
    EventReader honeypots(ring_, only(EventType::honeypot), EventReader::From::now);
    bus_.publish(HoneypotChanged{});
    begin(1, 9);
    EXPECT_EQ(read(honeypots), (Texts{"gap 1"}));
    bus_.publish(HoneypotChanged{});
    begin(10, 2);
    EXPECT_EQ(read(honeypots), (Texts{"honeypot"}));
    EXPECT_EQ(read(sessions), (Texts{"gap 8", "9", "10", "11"}));
}

TEST_F(Ring, KeepsWhatWasRareForWhoComesLater) {
    begin(1, 3);
    bus_.publish(HoneypotChanged{});
    bus_.publish(LinkChanged{});
    EventReader late(ring_, all_event_types, EventReader::From::oldest);
    EventReader now(ring_, all_event_types, EventReader::From::now);
    EXPECT_EQ(read(late), (Texts{"honeypot", "link"}));
    EXPECT_EQ(read(now), Texts());
}

TEST_F(Ring, WhoWantsThePastAloneIsToldOfNothingThatComes) {
    bus_.publish(HoneypotChanged{});
    EventReader past(ring_, all_event_types, EventReader::From::oldest, EventReader::Until::now);
    EXPECT_FALSE(bus_.wanted(EventType::session_begin));
    bus_.publish(LinkChanged{});
    EXPECT_TRUE(past.behind());
    EXPECT_EQ(read(past), (Texts{"honeypot"}));
    EXPECT_FALSE(past.behind());
    EXPECT_EQ(read(past), Texts());
}

TEST_F(Ring, PassesManyThatAreNotWantedInOneGo) {
    EventRing ring(bus_, 100);
    EventReader sessions(ring, sessions_, EventReader::From::now);
    EventReader honeypots(ring, only(EventType::honeypot), EventReader::From::now);
    begin(1, 40);
    bus_.publish(HoneypotChanged{});
    EXPECT_EQ(read(honeypots, 2), Texts()) << "but not all that there are";
    EXPECT_EQ(read(honeypots, 2), (Texts{"honeypot"}));
    EXPECT_EQ(read(sessions, 2), (Texts{"1", "2"}));
}

TEST(EventBusNames, ThatAreEqualStayTheSameObject) {
    EventBus bus;
    EventRing ring(bus, 4);
    EventReader reader(ring, all_event_types, EventReader::From::now);
    std::vector<const EventNames*> seen;
    for (int i = 0; i < 2; ++i) {
        EventNames names;
        names.pools = {"low"};
        bus.set_names(std::move(names));
        bus.publish(HoneypotChanged{});
    }
    reader.read(4, [&](const Event&, const EventNames& names) { seen.push_back(&names); });
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0], seen[1]);
}

TEST_F(Ring, KeepsTheNamesOfTheMoment) {
    EventReader reader(ring_, sessions_, EventReader::From::now);
    EventNames names;
    for (const char* const name : {"old", "new"}) {
        names.honeypots = {name};
        bus_.set_names(names);
        begin(1, 2);
    }
    Texts seen;
    reader.read(100, [&](const Event&, const EventNames& of_event) {
        seen.push_back(of_event.of(HoneypotNumber{0}));
    });
    EXPECT_EQ(seen, (Texts{"old", "old", "new", "new"}));
}

TEST_F(Ring, TellsTheMomentOfTheTurn) {
    EventReader reader(ring_, sessions_, EventReader::From::now);
    bus_.set_time(TimePoint{Milliseconds{5}}, WallMilliseconds{Milliseconds{7}});
    begin(1, 1);
    reader.read(1, [&](const Event& event, const EventNames&) {
        EXPECT_EQ(event.at, TimePoint{Milliseconds{5}});
        EXPECT_EQ(event.time, WallMilliseconds{Milliseconds{7}});
    });
}

TEST(EventLines, AreWhatTheLogSays) {
    HeardLog log;
    EventBus bus;
    EventLines lines(bus);
    EventNames names;
    names.pools = {"low", "high"};
    names.vouchers = {{0, "agent:east"}};
    bus.set_names(names);
    bus.publish(HoneypotChanged{.told = {Gravity::warning, "honeypot a is not up"}});
    bus.publish(ListChanged{.told = {Gravity::debug, "of no interest"}});
    bus.publish(SourceMoved{.source = {0x0102'0304}, .from = {0}, .to = {1}});
    bus.publish(AddressChanged{.address = {0x0a01'0203}, .state = AddressState::active, .voucher = {0}});
    EXPECT_EQ(log.take(),
              "warning: honeypot a is not up\n"
              "info: 1.2.3.4 goes to pool high instead of low, as its tier says\n");
    log.set_level(spdlog::level::debug);
    bus.publish(AddressChanged{.address = {0x0a01'0203}, .state = AddressState::inactive, .voucher = {0}});
    EXPECT_EQ(log.take(), "debug: 10.1.2.3 is no longer active (agent:east)\n");
}

TEST(EventLines, TellWhatComesByTheThousandAsANumber) {
    HeardLog log;
    EventBus bus;
    EventLines lines(bus);
    bus.set_time(TimePoint{Milliseconds{60'000}}, {});
    for (unsigned i = 0; i < 1'000; ++i) bus.publish(SourceMoved{});
    EXPECT_EQ(std::ranges::count(log.take(), '\n'), LogPace::most);
    lines.tick(TimePoint{Milliseconds{70'000}});
    EXPECT_EQ(log.take(), "info: 980 more sources that go to another pool than are told one by one\n");
}

}  // namespace
}  // namespace honeyswitch::control
