// What is said of notices that are refused, and that a flood of forged ones makes neither many words nor much
// memory.
#include "control/notices/refusal_watch.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "agent/report/reporter.hpp"
#include "control/events/event_lines.hpp"
#include "control/notices/notice_server.hpp"
#include "tests/unit/fakes/remembered_reports.hpp"
#include "tests/unit/fixtures/heard_log.hpp"

namespace honeyswitch::control {
namespace {

using agent::Refusal;
using namespace std::chrono_literals;

constexpr Endpoint here{{0xc0000201}, 40000};

agent::AgentIdentifier numbered(std::uint32_t number) {
    agent::AgentIdentifier identifier{1};
    for (std::size_t i = 0; i < 4; ++i) identifier.at(12 + i) = static_cast<std::uint8_t>(number >> 8 * i);
    return identifier;
}

RefusedNotice forged() {
    return {.refusal = Refusal::forged, .agent = agent::identifier_of("x"), .name = "x", .from = here};
}

class RefusalWatchTest : public testing::Test {
  protected:
    /// Repeats the notice every 2 s for this long, and returns what is said meanwhile.
    std::vector<std::string> repeat(const RefusedNotice& notice, Milliseconds duration) {
        std::vector<std::string> said;
        for (const auto end = now + duration; now < end; now += 2s) {
            if (auto sentence = watch.refused(notice, now)) said.push_back(*std::move(sentence));
            for (auto& sentence : watch.tick(now)) said.push_back(std::move(sentence));
        }
        return said;
    }

    RefusalWatch watch;
    TimePoint now{1h};
};

TEST_F(RefusalWatchTest, NamesWhatIsWrongAtOnceThenAtIntervalsAndAtTheEnd) {
    const auto said = repeat(forged(), 601s);
    ASSERT_EQ(said.size(), 2U);
    EXPECT_EQ(said[0],
              "notices of agent 'x' from 192.0.2.1:40000 are refused: they are not sealed with its key; have "
              "both the same key file?");
    EXPECT_EQ(said[1], said[0] + " (301 in 600 s, and it goes on)");
    now += 58s;
    EXPECT_TRUE(watch.tick(now - 1s).empty());
    const auto ended = watch.tick(now);
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended[0], "no longer so: " + said[0] + " (301 in 600 s)");
    now += 10min;
    EXPECT_TRUE(watch.tick(now).empty());
    EXPECT_EQ(watch.size(), 0U) << "nothing is left of it";
}

TEST_F(RefusalWatchTest, HowManyWereRefusedIsToldOnceItIsLetIn) {
    EXPECT_EQ(watch.let_in(forged().agent), std::nullopt);
    (void)repeat(forged(), 20s);
    EXPECT_EQ(watch.let_in(forged().agent), 10U);
    EXPECT_EQ(watch.let_in(forged().agent), std::nullopt);
    EXPECT_TRUE(repeat(forged(), 60s).empty()) << "it was told of a minute ago";
}

TEST_F(RefusalWatchTest, ComingAndGoingMakesNoMoreWords) {
    std::size_t said = 0;
    for (int i = 0; i < 60; ++i) {
        said += repeat(forged(), 2s).size();
        now += 118s;
        said += watch.tick(now).size();
    }
    EXPECT_LE(said, 2U * 13) << "two hours";
    EXPECT_GE(said, 12U);
}

TEST_F(RefusalWatchTest, EachReasonHasItsOwnWords) {
    const auto about = [&](RefusedNotice notice) { return watch.refused(notice, now).value_or("nothing"); };
    EXPECT_EQ(
        about({.refusal = Refusal::unknown_agent, .agent = agent::identifier_of("y"), .from = here}),
        "notices from 192.0.2.1:40000 are refused: no [[agent]] has the name that this agent gives itself "
        "(identifier 4cf61fa39faba71790b9e0f343587fb2); is it spelled alike there and here?");
    EXPECT_TRUE(about({.refusal = Refusal::unknown_version, .from = here}).contains("another version"));
    EXPECT_EQ(
        about({.refusal = Refusal::out_of_grant,
               .agent = agent::identifier_of("x"),
               .name = "x",
               .reason = "domain 10.2.0.0/24 is not within its grants",
               .from = here}),
        "notices of agent 'x' from 192.0.2.1:40000 are refused: domain 10.2.0.0/24 is not within its grants");
    for (const auto noise : {Refusal::malformed, Refusal::replayed, Refusal::unknown_association})
        EXPECT_EQ(about({.refusal = noise, .agent = agent::identifier_of("x"), .name = "x", .from = here}),
                  "nothing");
}

TEST_F(RefusalWatchTest, AFloodUnderEverOtherNamesIsBounded) {
    std::size_t said = 0;
    for (std::uint32_t i = 0; i < 1'000'000; ++i) {
        now += Milliseconds(i % 2);  // 500 s
        said +=
            watch.refused({.refusal = Refusal::unknown_agent, .agent = numbered(i), .from = {{i}, 1}}, now)
                ? 1
                : 0;
        if (i % 1000 == 0) said += watch.tick(now).size();
        ASSERT_LE(watch.size(), RefusalWatch::most_strangers + 1);
    }
    EXPECT_LE(said, 2 * (RefusalWatch::most_strangers + 1));
    EXPECT_GE(said, RefusalWatch::most_strangers + 1);
}

TEST_F(RefusalWatchTest, WhoIsToldOfHasMeantIt) {
    std::uint32_t i = 0;
    while (!watch.refused({.refusal = Refusal::unknown_agent, .agent = numbered(++i), .from = here}, now)
                .value_or("")
                .contains("ever more agents"))
        ASSERT_LE(i, RefusalWatch::most_strangers);
    EXPECT_EQ(i, RefusalWatch::most_strangers + 1);
}

/// Through the server, where an operator meets it.
class RefusedAgentTest : public testing::Test {
  protected:
    RefusedAgentTest() {
        agents[0].name = "east";
        agents[0].key = {1};
        agents[0].grants = {*parse_prefix("10.1.0.0/16")};
    }
    /// The agent repeats itself for this long; its turns are 100 ms.
    void live(agent::Reporter& reporter, Milliseconds duration) {
        for (const auto end = now + duration; now < end; now += 100ms) {
            reporter.flush(now);
            server.tick(now);
        }
    }
    std::unique_ptr<agent::Reporter> reporter_of(const std::string& name, const agent::Key& key) {
        auto made = std::make_unique<agent::Reporter>(
            agent::Reporter::Identity{name, key, {9}}, domains,
            [this](Bytes datagram) { server.receive(datagram, {here}, now); });
        to = made.get();
        return made;
    }

    HeardLog log;
    std::array<Agent, 1> agents;
    RememberedReports reports;
    agent::Reporter* to = nullptr;
    std::array<const agent::DomainReport*, 0> domains;
    TimePoint now{1h};
    EventBus events;
    EventLines lines{events};
    NoticeServer server{agents, reports, events, 15s,
                        [this](auto datagram, NoticePath) { to->receive(datagram, now); }};
};

TEST_F(RefusedAgentTest, AnotherKeyIsToldOnceAndWhenItIsMended) {
    server.reconfigure(agents, 15s, now);
    const auto wrong = reporter_of("east", {2});
    live(*wrong, 20s);
    EXPECT_EQ(
        log.take(),
        "warning: notices of agent 'east' from 192.0.2.1:40000 are refused: they are not sealed with its "
        "key; have both the same key file?\n");
    const auto right = reporter_of("east", {1});
    live(*right, 1s);
    EXPECT_TRUE(log.take().contains("notices were refused before\n"));
}

TEST_F(RefusedAgentTest, AnAgentThatIsNotHeardIsToldOnce) {
    server.reconfigure(agents, 15s, now);
    const auto stranger = reporter_of("aest", {1});
    live(*stranger, 5min);
    const auto said = log.take();
    EXPECT_TRUE(said.contains("no [[agent]] has the name")) << said;
    EXPECT_TRUE(said.contains("warning: agent east: not heard for 30 s")) << said;
    EXPECT_EQ(std::ranges::count(said, '\n'), 2) << said;
}

}  // namespace
}  // namespace honeyswitch::control
