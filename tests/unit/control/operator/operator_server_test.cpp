#include "control/operator/operator_server.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <memory>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/system/file_lock.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"
#include "tests/unit/fixtures/socket_client.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;
using Client = SocketClient;
namespace fs = std::filesystem;

const std::string stats_request = "{\"command\":\"stats\"}\n";

bool readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
}

class OperatorServerTest : public testing::Test {
  protected:
    /// Services until nothing is left; a server that always has more would never sleep.
    void settle() {
        int calls = 0;
        for (; readable(server.fd()) && calls < 10'000; ++calls) server.service(now);
        EXPECT_LT(calls, 10'000);
    }
    /// Both listen, and many long events come, which `reader` alone takes. Returns the lines that it heard.
    std::size_t let_one_read(Client& sleeper, Client& reader) {
        for (Client* const client : {&sleeper, &reader})
            client->say("{\"command\":\"subscribe\",\"types\":[\"mode\"]}\n");
        settle();
        const std::string text(1'000, 'x');
        std::size_t heard = 0;
        for (int i = 0; i < 5'000; ++i, heard = reader.lines_heard()) {
            events.publish(ModeChanged{.told = {.text = text}});
            (void)server.tick(now);
        }
        return heard;
    }
    static OperatorServer opened(const fs::path& path, const OperatorContext& context) {
        auto server = OperatorServer::open(path, context);
        if (!server) throw std::runtime_error(server.error().message());
        return std::move(*server);
    }

    TemporaryFolder folder;
    fs::path path = folder.path() / "control.sock";
    FakeInspect inspect;
    FakeOperate operate;
    EventBus events;
    EventRing ring{events, 256};
    OperatorContext context{
        .inspect = &inspect, .operate = &operate, .events = &events, .latest_events = &ring};
    TimePoint now = at(1'000);
    OperatorServer server = opened(path, context);
};

TEST_F(OperatorServerTest, AnswersALine) {
    Client client(path);
    client.say(stats_request);
    settle();
    ASSERT_EQ(client.lines().size(), 1U);
    EXPECT_TRUE(client.lines()[0].contains("rows"));
    EXPECT_FALSE(client.over());
}

TEST_F(OperatorServerTest, ChangesWhatIsAsked) {
    Client client(path);
    client.say(R"({"command":"list_add","list":"scanners","prefix":"198.51.100.7/32","lifetime_ms":500})"
               "\n");
    settle();
    ASSERT_EQ(client.lines().size(), 1U);
    EXPECT_TRUE(client.lines()[0].contains("rows"));
    EXPECT_EQ(operate.entries.begin()->second, at(1'500));
}

TEST_F(OperatorServerTest, PutsPiecesTogether) {
    Client client(path);
    for (const char letter : stats_request) {
        EXPECT_TRUE(client.lines().empty());
        client.say(std::string(1, letter));
        settle();
    }
    EXPECT_EQ(client.lines().size(), 1U);
}

TEST_F(OperatorServerTest, AnswersMalformedLinesAndGoesOn) {
    Client client(path);
    client.say("nonsense\n\n" + stats_request);
    settle();
    const auto lines = client.lines();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[0].contains("error"));
    EXPECT_TRUE(lines[1].contains("error"));
    EXPECT_TRUE(lines[2].contains("rows"));
}

TEST_F(OperatorServerTest, EndsAConnectionWhoseLineHasNoEnd) {
    Client client(path);
    client.say(std::string(longest_request, 'x'));
    settle();
    ASSERT_EQ(client.lines().size(), 1U);
    EXPECT_EQ(client.lines()[0]["error"], "a request is longer than 4096 bytes");
    EXPECT_TRUE(client.over());
    EXPECT_EQ(server.clients(), 0U);
}

TEST_F(OperatorServerTest, AcceptsTheLongestLine) {
    Client client(path);
    client.say(stats_request.substr(0, stats_request.size() - 1) +
               std::string(longest_request - stats_request.size(), ' ') + "\n" + stats_request);
    settle();
    EXPECT_EQ(client.lines().size(), 2U);
}

TEST_F(OperatorServerTest, AnswersALastLineWithoutNewline) {
    Client client(path);
    client.say(stats_request + "{\"command\":\"agents\"}");
    client.say_no_more();
    settle();
    EXPECT_EQ(client.lines().size(), 2U);
    EXPECT_TRUE(client.over());
    EXPECT_EQ(server.clients(), 0U);
}

TEST_F(OperatorServerTest, ForgetsAClientThatLeaves) {
    Client client(path);
    client.say(stats_request);
    settle();
    EXPECT_EQ(server.clients(), 1U);
    client.leave();
    settle();
    EXPECT_EQ(server.clients(), 0U);
}

TEST_F(OperatorServerTest, LooksAtOneRequestACall) {
    Client one(path), two(path);
    for (int i = 0; i < 5; ++i) {
        one.say(stats_request);
        two.say(stats_request);
    }
    while (readable(server.fd())) {
        const auto before = inspect.reads;
        server.service(now);
        EXPECT_LE(inspect.reads, before + 1);
    }
    EXPECT_EQ(one.lines().size(), 5U);
    EXPECT_EQ(two.lines().size(), 5U);
}

TEST_F(OperatorServerTest, TakesTurnsBetweenClients) {
    Client greedy(path), modest(path);
    settle();
    for (int i = 0; i < 100; ++i) greedy.say(stats_request);
    modest.say(stats_request);
    int calls = 0;
    while (modest.lines().empty() && calls < 1'000) {
        server.service(now);
        ++calls;
    }
    EXPECT_LT(greedy.lines().size(), 10U);
}

TEST_F(OperatorServerTest, LetsASlowClientWaitForItselfAlone) {
    for (std::uint32_t i = 0; i < 200; ++i)
        inspect.session_rows.push_back(session_row(i, "198.51.100.7", "10.1.2.3"));
    Client slow(path), quick(path);
    const std::string request = "{\"command\":\"sessions\",\"limit\":200}\n";
    std::size_t asked = 0;
    // It asks for ever and reads nothing, until the server takes no more of it.
    for (; asked < 100'000 && slow.say(request) == request.size(); ++asked) settle();
    EXPECT_LT(asked, 100'000U);
    EXPECT_LT(inspect.reads, 100U);  // as much as the kernel holds, and one response more
    EXPECT_FALSE(readable(server.fd()));

    quick.say(stats_request);
    settle();
    EXPECT_EQ(quick.lines().size(), 1U);

    // Nothing was lost meanwhile: it gets all it asked for.
    for (std::size_t turn = 0; turn < 10 * asked && slow.lines_heard() < asked; ++turn) settle();
    const auto lines = slow.lines();
    ASSERT_EQ(lines.size(), asked);
    for (const auto& line : lines) EXPECT_EQ(line["rows"].size(), 200U);
}

TEST_F(OperatorServerTest, ReplacesTheClientThatWasIdleTheLongest) {
    std::vector<Client> clients;
    for (std::size_t i = 0; i < most_clients; ++i) {
        clients.emplace_back(path);
        now += Milliseconds{1};
        settle();
    }
    clients[0].say(stats_request);
    settle();
    Client late(path);
    late.say(stats_request);
    settle();
    EXPECT_EQ(server.clients(), most_clients);
    EXPECT_EQ(late.lines().size(), 1U);
    EXPECT_FALSE(clients[0].over());
    EXPECT_TRUE(clients[1].over());
}

TEST_F(OperatorServerTest, MakesASocketForOwnerAndGroup) {
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0660U);
}

TEST_F(OperatorServerTest, RefusesToTakeAnothersPlace) {
    const auto second = OperatorServer::open(path, context);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().message(), "cannot listen to operators on " + path.string() + ": " +
                                            process_text(getpid()) + " listens there");
    Client client(path);
    client.say(stats_request);
    settle();
    EXPECT_EQ(client.lines().size(), 1U);
}

TEST_F(OperatorServerTest, WithGroupsEverybodyMayConnectAndTheKernelSaysWhoTheyAre) {
    const auto other = folder.path() / "other.sock";
    auto open = OperatorServer::open(other, context, {.change = 65'000, .read = 65'001});
    ASSERT_TRUE(open);
    struct stat status{};
    ASSERT_EQ(stat(other.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0666U);
    Client client(other);
    client.say(stats_request);
    for (int i = 0; i < 10 && readable(open->fd()); ++i) open->service(now);
    ASSERT_EQ(client.lines().size(), 1U);
    EXPECT_TRUE(client.lines()[0].contains("rows")) << "the user that the server runs as";
    std::array<int, 2> pair{};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
    const Descriptor one(pair[0]), two(pair[1]);
    const auto peer = OperatorPeer::of(one.get());
    ASSERT_TRUE(peer);
    EXPECT_EQ(peer->text(), "uid " + std::to_string(getuid()) + ", pid " + std::to_string(getpid()));
    EXPECT_NE(std::ranges::find(peer->groups, getgid()), peer->groups.end());
}

TEST_F(OperatorServerTest, TellsAClientOfEventsUntilItLeaves) {
    Client client(path);
    client.say("{\"command\":\"subscribe\",\"types\":[\"honeypot\",\"session_end\"]}\n");
    settle();
    EXPECT_EQ(client.lines(), (std::vector{json::parse(R"({"next":null,"rows":[]})")}));
    EXPECT_TRUE(events.wanted(EventType::session_end));
    events.publish(HoneypotChanged{.honeypot = "a", .state = HoneypotWord::up});
    events.publish(ModeChanged{});
    events.publish(SessionEnded{});
    EXPECT_FALSE(readable(server.fd())) << "what happens wakes nobody";
    EXPECT_TRUE(server.tick(now));
    EXPECT_FALSE(server.tick(now));
    const auto lines = client.lines();
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_EQ(lines[1]["event_type"], "honeypot");
    EXPECT_EQ(lines[2]["event_type"], "session_end");
    client.leave();
    settle();
    EXPECT_EQ(server.clients(), 0U);
    EXPECT_FALSE(events.wanted(EventType::session_end)) << "nobody listens any more";
}

TEST_F(OperatorServerTest, AClientThatDoesNotReadMissesEventsAndNobodyElseDoes) {
    Client slow(path), quick(path);
    EXPECT_EQ(let_one_read(slow, quick), 5'001U);
    std::size_t told = 0, missed = 0;
    for (bool more = true; more;) {
        slow.hear();
        settle();
        more = server.tick(now) || readable(server.fd());
    }
    for (const auto& line : slow.lines()) {
        if (line.value("event_type", "") == "mode") ++told;
        if (line.value("event_type", "") == "gap") missed += line["events"].get<std::size_t>();
    }
    EXPECT_GT(missed, 0U);
    EXPECT_EQ(told + missed, 5'000U) << "each event is told or counted";
}

/// However many listen, a turn tells of so many events and no more, and leaves nobody out.
TEST_F(OperatorServerTest, AllWhoListenShareATurn) {
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < most_streams; ++i) {
        clients.push_back(std::make_unique<Client>(path));
        clients.back()->say("{\"command\":\"subscribe\",\"types\":[\"mode\"]}\n");
        settle();
    }
    for (std::size_t i = 0; i < OperatorServer::most_events_a_turn; ++i) events.publish(ModeChanged{});
    EXPECT_TRUE(server.tick(now));
    std::size_t told = 0;
    for (const auto& client : clients) {
        const std::size_t lines = client->lines().size() - 1;
        EXPECT_EQ(lines, OperatorServer::most_events_a_turn / most_streams);
        told += lines;
    }
    EXPECT_EQ(told, OperatorServer::most_events_a_turn);
    while (server.tick(now));
    for (const auto& client : clients)
        EXPECT_EQ(client->lines().size() - 1, OperatorServer::most_events_a_turn);
}

/// What did not fit goes on in the next turn, without a look at the descriptors; and nobody hurries for it.
TEST_F(OperatorServerTest, WhatTheKernelHadNoRoomForGoesOnWithTheNextTurn) {
    Client client(path);
    client.say("{\"command\":\"subscribe\",\"types\":[\"mode\"]}\n");
    settle();
    const std::string text(10'000, 'x');
    for (int i = 0; i < 200; ++i) events.publish(ModeChanged{.told = {.text = text}});
    while (server.tick(now));  // 2 MB: more than a socket holds
    EXPECT_FALSE(server.tick(now)) << "it waits for the client, and the loop need not";
    std::size_t heard = 0;
    for (int i = 0; i < 1'000 && heard < 201; ++i) {
        heard = client.lines_heard();
        (void)server.tick(now);
    }
    EXPECT_EQ(heard, 201U);
}

TEST_F(OperatorServerTest, OnlySoManyClientsMayListen) {
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i <= most_streams; ++i) {
        clients.push_back(std::make_unique<Client>(path));
        clients.back()->say("{\"command\":\"subscribe\"}\n");
        settle();
    }
    EXPECT_TRUE(clients.front()->lines().at(0).contains("rows"));
    EXPECT_EQ(clients.back()->lines().at(0)["error"],
              "8 clients listen to events already, which is all there may be");
    // Those that ask come and go beside them.
    for (std::size_t i = 0; i < 2 * most_clients; ++i) {
        clients.push_back(std::make_unique<Client>(path));
        settle();
    }
    events.publish(ModeChanged{});
    (void)server.tick(now);
    EXPECT_EQ(clients.front()->lines().size(), 2U);
}

TEST_F(OperatorServerTest, WhoHasNoMoreToSayIsToldAllTheSame) {
    for (int i = 0; i < 200; ++i) events.publish(ModeChanged{});
    Client client(path);
    client.say("{\"command\":\"subscribe\",\"past\":true,\"follow\":false}\n");
    client.say_no_more();
    settle();
    while (server.tick(now)) settle();
    EXPECT_EQ(client.lines().size(), 201U);
    EXPECT_TRUE(client.over());
}

TEST_F(OperatorServerTest, WhoListensAndTakesNothingForAMinuteGivesItsPlace) {
    Client stalled(path), quiet(path);
    EXPECT_EQ(let_one_read(stalled, quiet), 5'001U);
    now += Milliseconds{61'000};
    (void)server.tick(now);
    EXPECT_EQ(server.clients(), 1U);
    EXPECT_FALSE(quiet.over()) << "to have nothing to say is no fault";
}

TEST_F(OperatorServerTest, ThePastAloneIsAStreamThatEnds) {
    events.publish(ModeChanged{});
    Client client(path);
    client.say("{\"command\":\"subscribe\",\"past\":true,\"follow\":false}\n");
    settle();
    while (server.tick(now)) settle();
    EXPECT_EQ(client.lines().size(), 2U);
    EXPECT_TRUE(client.over());
}

}  // namespace
}  // namespace honeyswitch::control
