// Hundreds of agents: each is answered, and found to be silent, in its own time.
#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "control/notices/notice_server.hpp"
#include "tests/unit/fakes/remembered_reports.hpp"

namespace honeyswitch {
namespace {

using namespace std::chrono_literals;

constexpr Endpoint here{{0x0a000001}, 1000};
const auto domain = *parse_prefix("10.1.0.0/24");

/// Agents that speak by hand at moments of their own, and the server's words about their silence.
class ManyAgentsTest : public testing::Test {
  protected:
    static constexpr std::size_t count = 200;

    ManyAgentsTest() {
        spdlog::set_level(spdlog::level::off);
        for (std::size_t i = 0; i < count; ++i) {
            control::Agent agent;
            agent.name = "agent" + std::to_string(i);
            agent.key = {static_cast<std::uint8_t>(i + 1)};
            agent.grants = {domain};
            agents.push_back(agent);
        }
        server.emplace(agents, reports, events, timeout, [this](auto datagram, control::NoticePath) {
            answer = {datagram.begin(), datagram.end()};
        });
    }
    void associate(std::size_t index) {
        const auto& key = agents[index].key;
        const agent::Hello hello{agent::identifier_of(agents[index].name), {9}, agent::random_octets<16>()};
        server->receive(encode(hello, key), {here}, now);
        const auto welcome = agent::open_welcome(answer, key);
        const agent::Confirm confirm{hello.agent, hello.run, hello.agent_nonce, welcome->controller_nonce};
        server->receive(encode(confirm, key), {here}, now);
        associations.insert_or_assign(index,
                                      agent::Association(agent::Association::Role::agent, key, confirm));
        heard[index] = now;
    }
    void speak(std::size_t index) {
        const agent::AgentNotice notice{agent::KeepAlive{0, 1, {}}};
        server->receive(associations.at(index).seal(encode(notice)), {here}, now);
        heard[index] = now;
    }
    void expect_connected_are_those_heard_within(Milliseconds limit) {
        const auto rows = server->rows();
        for (std::size_t i = 0; i < count; ++i)
            ASSERT_EQ(rows[i].connected, heard.contains(i) && now - heard[i] <= limit)
                << i << " at " << now.time_since_epoch().count();
    }

    const Milliseconds timeout = 15s;
    std::vector<control::Agent> agents;
    control::RememberedReports reports;
    control::EventBus events;
    std::optional<control::NoticeServer> server;
    agent::Datagram answer;
    std::map<std::size_t, agent::Association> associations;
    std::map<std::size_t, TimePoint> heard;
    TimePoint now{1h};
};

TEST_F(ManyAgentsTest, EachIsSilentWhenItsOwnTimeIsOver) {
    std::mt19937 random(1);
    for (std::size_t i = 0; i < count; i += 2) associate(i);
    for (int turn = 0; turn < 3'000; ++turn, now += 20ms) {
        const std::size_t index = random() % count;
        if (heard.contains(index) && now - heard[index] <= timeout)
            speak(index);
        else if (random() % 8 == 0)
            associate(index);
        server->tick(now);
        expect_connected_are_those_heard_within(timeout);
    }
    EXPECT_GT(server->counters().silences, 20U);
    for (const auto end = now + timeout + 20ms; now < end; now += 20ms) server->tick(now);
    heard.clear();
    expect_connected_are_those_heard_within(timeout);
}

TEST_F(ManyAgentsTest, AReloadThatChangesTheTimeoutHoldsForThoseThatAreConnected) {
    for (std::size_t i = 0; i < count; ++i, now += 50ms) associate(i);
    server->tick(now);
    expect_connected_are_those_heard_within(timeout);
    server->reconfigure(agents, 3s, now);
    server->tick(now);
    expect_connected_are_those_heard_within(3s);
    EXPECT_GT(server->counters().silences, 100U);
    server->reconfigure(agents, 30s, now);
    now += 20s;
    server->tick(now);
    EXPECT_EQ(std::ranges::count_if(server->rows(), [](const auto& row) { return row.connected; }), 60);
}

TEST_F(ManyAgentsTest, AnotherKeyEndsWhatTheStolenOneBegan) {
    for (const std::size_t index : {3UL, 4UL}) associate(index);
    server->tick(now);
    const auto accepted = server->counters().accepted;
    agents[3].key = {7, 7};
    server->reconfigure(agents, timeout, now);
    server->tick(now);
    EXPECT_FALSE(server->rows()[3].connected);
    EXPECT_TRUE(server->rows()[4].connected) << "its neighbour has nothing to do with it";
    speak(3);
    EXPECT_EQ(server->counters().accepted, accepted) << "the thief goes on with the keys of the association";
    speak(4);
    EXPECT_EQ(server->counters().accepted, accepted + 1);
    associate(3);
    EXPECT_TRUE(server->rows()[3].connected) << "and who has the new key is let in";
}

TEST_F(ManyAgentsTest, EachIsAnsweredWhenItsFlowsAreInForce) {
    for (std::size_t i = 0; i < count; ++i) associate(i);
    const auto report = [&](std::size_t index) {
        agent::AddressSet set(domain);
        const agent::AgentNotice notice{agent::StateChunk{
            1, domain, true, 0, 1, set.digest(), {set.bitmap().begin(), set.bitmap().end()}}};
        answer.clear();
        server->receive(associations.at(index).seal(encode(notice)), {here}, now);
        heard[index] = now;
    };
    for (const std::size_t index : {7UL, 150UL, 0UL}) {
        report(index);
        server->tick(now);
        EXPECT_TRUE(server->unsettled());
        EXPECT_TRUE(answer.empty());
        reports.settle();
        server->tick(now);
        EXPECT_FALSE(server->unsettled());
        EXPECT_FALSE(answer.empty());
    }
    report(9);
    now += timeout + 1ms;
    server->tick(now);
    EXPECT_FALSE(server->unsettled()) << "it is silent: nobody waits for an answer";
}

}  // namespace
}  // namespace honeyswitch
