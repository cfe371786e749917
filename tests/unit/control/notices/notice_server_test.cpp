// What the controller's end believes and what it refuses.
#include "control/notices/notice_server.hpp"

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "agent/report/reporter.hpp"
#include "tests/unit/fakes/remembered_reports.hpp"

namespace honeyswitch {
namespace {

using agent::Refusal;
using Notice = agent::ControllerNotice;
using namespace std::chrono_literals;

constexpr Endpoint here{{0x0a000001}, 1000}, elsewhere{{0x0a000002}, 2000};
const auto domain = *parse_prefix("10.1.0.0/24");

/// An agent spoken by hand, and a controller.
class NoticeServerTest : public testing::Test {
  protected:
    NoticeServerTest() {
        spdlog::set_level(spdlog::level::off);
        agents[0].name = "east";
        agents[0].key = {1};
        agents[0].grants = {*parse_prefix("10.1.0.0/16")};
        agents[1].name = "west";
        agents[1].key = {2};
        agents[1].grants = {*parse_prefix("10.2.0.0/16")};
        server.emplace(agents, reports, events, 15s, [this](auto datagram, control::NoticePath to) {
            answers.push_back({{datagram.begin(), datagram.end()}, to.agent});
        });
    }

    struct Answer {
        agent::Datagram datagram;
        Endpoint to;
    };

    std::optional<Answer> give(const agent::Datagram& datagram, Endpoint from = here) {
        answers.clear();
        server->receive(datagram, {from}, now);
        server->tick(now);
        return answers.empty() ? std::nullopt : std::optional(answers.back());
    }
    /// The flows come into force and are acknowledged.
    void settle() {
        reports.settle();
        server->tick(now);
        answers.clear();
    }
    std::uint64_t refused(Refusal refusal) const {
        return server->counters().refused.at(static_cast<std::size_t>(refusal));
    }
    agent::Hello hello() const { return {agent::identifier_of("east"), run, agent::random_octets<16>()}; }
    agent::Confirm confirm_for(const agent::Hello& hello) {
        const auto welcome = agent::open_welcome(give(encode(hello, agents[0].key))->datagram, agents[0].key);
        EXPECT_EQ(welcome->agent_nonce, hello.agent_nonce);
        return {hello.agent, hello.run, hello.agent_nonce, welcome->controller_nonce};
    }
    agent::Association associate() {
        const auto confirm = confirm_for(hello());
        const auto answer = give(encode(confirm, agents[0].key));
        agent::Association association(agent::Association::Role::agent, agents[0].key, confirm);
        EXPECT_EQ(agent::decode_controller_notice(*association.open(answer->datagram)),
                  Notice{agent::Established{}});
        return association;
    }
    std::optional<agent::ControllerNotice> say(agent::Association& association,
                                               const agent::AgentNotice& notice) {
        const auto answer = give(association.seal(encode(notice)));
        if (!answer) return std::nullopt;
        return *agent::decode_controller_notice(*association.open(answer->datagram));
    }
    static agent::StateChunk state(agent::ChangeNumber number, Ipv4Prefix prefix, bool swept = true) {
        agent::AddressSet set(prefix);
        set.set({prefix.network.value + 1}, true);
        return {number, prefix, swept, 0, 1, set.digest(), {set.bitmap().begin(), set.bitmap().end()}};
    }
    static agent::ControllerNotice acknowledged(agent::ChangeNumber number, agent::ResponseCode code) {
        return agent::Acknowledgement{{{number, code}}};
    }

    std::array<control::Agent, 2> agents;
    control::RememberedReports reports;
    control::EventBus events;
    std::optional<control::NoticeServer> server;
    std::vector<Answer> answers;
    agent::RunIdentifier run{9};
    TimePoint now{1h};
};

TEST_F(NoticeServerTest, AnswersNothingThatDoesNotAuthenticate) {
    struct Row {
        const char* what;
        agent::Datagram datagram;
        Refusal refusal;
    };
    auto truncated = encode(hello(), agents[0].key);
    truncated.pop_back();
    auto other_version = encode(hello(), agents[0].key);
    other_version[4] = 2;
    auto unknown = hello();
    unknown.agent = agent::identifier_of("nobody");
    agent::Association strange(agent::Association::Role::agent, agents[0].key, {});
    for (const auto& row :
         {Row{"nothing", {}, Refusal::malformed},
          Row{"noise", agent::Datagram(100, 0x55), Refusal::malformed},
          Row{"a truncated HELLO", truncated, Refusal::malformed},
          Row{"another version", other_version, Refusal::unknown_version},
          Row{"an agent nobody knows", encode(unknown, agents[0].key), Refusal::unknown_agent},
          Row{"a HELLO under another agent's key", encode(hello(), agents[1].key), Refusal::forged},
          Row{"a CONFIRM with a made-up nonce",
              encode(agent::Confirm{hello().agent, run, {}, {}}, agents[0].key), Refusal::replayed},
          Row{"a controller's datagram", encode(agent::Welcome{}, agents[0].key), Refusal::malformed},
          Row{"sealed for no association", strange.seal(agent::Datagram{1}), Refusal::unknown_association}}) {
        const auto before = refused(row.refusal);
        EXPECT_FALSE(give(row.datagram)) << row.what;
        EXPECT_EQ(refused(row.refusal), before + 1) << row.what;
    }
    EXPECT_EQ(reports.calls, 0U);
}

TEST_F(NoticeServerTest, NeverAmplifies) {
    const auto datagram = encode(hello(), agents[0].key);
    EXPECT_LE(give(datagram)->datagram.size(), datagram.size());
    const auto confirm = encode(confirm_for(hello()), agents[0].key);
    EXPECT_LE(give(confirm)->datagram.size(), confirm.size());
}

TEST_F(NoticeServerTest, AReplayedHandshakeChangesNothing) {
    const auto first = hello();
    const auto former = encode(confirm_for(first), agents[0].key);
    EXPECT_TRUE(give(former));
    auto association = associate();
    EXPECT_EQ(server->counters().associations, 2U);

    EXPECT_FALSE(give(former, elsewhere)) << "the CONFIRM of a former association";
    EXPECT_EQ(refused(Refusal::replayed), 1U);
    EXPECT_TRUE(give(encode(first, agents[0].key), elsewhere)) << "a HELLO is answered, and no more";
    EXPECT_EQ(server->counters().associations, 2U);
    EXPECT_EQ(say(association, agent::Change{1, domain, {{0x0a010001}}, {}}), std::nullopt) << "not settled";
    reports.settle();
    answers.clear();
    server->tick(now);
    ASSERT_EQ(answers.size(), 1U) << "the association stands";
    EXPECT_EQ(answers[0].to, here);
}

TEST_F(NoticeServerTest, ARepeatedConfirmIsAnsweredAgainWithoutMovingTheAgent) {
    const auto confirm = encode(confirm_for(hello()), agents[0].key);
    EXPECT_TRUE(give(confirm));
    EXPECT_EQ(give(confirm, elsewhere)->to, elsewhere);
    EXPECT_EQ(server->counters().associations, 1U);
    EXPECT_EQ(server->rows()[0].endpoint, to_string(here));
}

TEST_F(NoticeServerTest, ACaptureIsWorthlessAfterARestartOfTheController) {
    const auto confirm = encode(confirm_for(hello()), agents[0].key);
    give(confirm);
    server.emplace(agents, reports, events, 15s, [this](auto datagram, control::NoticePath to) {
        answers.push_back({{datagram.begin(), datagram.end()}, to.agent});
    });
    EXPECT_FALSE(give(confirm));
    EXPECT_EQ(refused(Refusal::replayed), 1U);
}

TEST_F(NoticeServerTest, ARepeatedOrAlteredNoticeChangesNothing) {
    auto association = associate();
    const auto datagram =
        association.seal(encode(agent::AgentNotice{agent::Change{1, domain, {{0x0a010001}}, {}}}));
    auto altered = datagram;
    altered.back() ^= 1;
    EXPECT_FALSE(give(altered));
    EXPECT_EQ(refused(Refusal::forged), 1U);
    give(datagram);
    const auto calls = reports.calls;
    give(datagram);
    EXPECT_EQ(refused(Refusal::replayed), 1U);
    EXPECT_EQ(reports.calls, calls);
    EXPECT_EQ(server->rows()[0].refused, 2U);
    EXPECT_FALSE(give(association.seal(agent::Datagram{1, 2, 3})));
    EXPECT_EQ(refused(Refusal::malformed), 1U) << "authentic, but no notice";
}

TEST_F(NoticeServerTest, SpeaksOnlyForItsGrants) {
    auto association = associate();
    const auto foreign = *parse_prefix("10.2.0.0/24");
    EXPECT_EQ(say(association, agent::Change{1, foreign, {{0x0a020001}}, {}}),
              acknowledged(1, agent::ResponseCode::not_granted));
    EXPECT_EQ(say(association, state(2, foreign)),
              Notice(agent::StateAcknowledgement{2, foreign, agent::ResponseCode::not_granted, 0}));
    EXPECT_EQ(say(association, agent::KeepAlive{2, 5, {{foreign, true, 0, {}}}}),
              Notice(agent::KeepAliveReply{5, {{foreign, agent::ResponseCode::not_granted}}}));
    EXPECT_EQ(refused(Refusal::out_of_grant), 3U);
    EXPECT_EQ(reports.calls, 0U);
    EXPECT_TRUE(server->rows()[0].domains.empty());
}

TEST_F(NoticeServerTest, AcknowledgesOnlyWhatIsInForce) {
    auto association = associate();
    const auto change = agent::Change{1, domain, {{0x0a010001}}, {}};
    EXPECT_FALSE(say(association, change));
    EXPECT_FALSE(say(association, change)) << "repeated, still not in force";
    reports.settle();
    answers.clear();
    server->tick(now);
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(*agent::decode_controller_notice(*association.open(answers[0].datagram)),
              acknowledged(1, agent::ResponseCode::done));
    EXPECT_EQ(say(association, change), acknowledged(1, agent::ResponseCode::done))
        << "repeated: said again at once";
}

TEST_F(NoticeServerTest, ALateChangeDoesNotUndoANewerState) {
    auto association = associate();
    say(association, agent::Change{2, domain, {{0x0a010005}}, {}});
    say(association, agent::Change{1, domain, {}, {{0x0a010005}}});
    say(association, state(4, domain));
    say(association, agent::Change{5, domain, {{0x0a010006}}, {}});
    say(association, agent::Change{3, domain, {{0x0a010007}}, {{0x0a010001}}});
    say(association, state(2, domain));
    reports.settle();
    const auto& known = reports.in_force().begin()->second;
    EXPECT_TRUE(known.declared);
    EXPECT_EQ(known.active, (std::set<Ipv4Address>{{0x0a010001}, {0x0a010006}}));
}

TEST_F(NoticeServerTest, AStateWhoseDigestDoesNotFitIsNotAdopted) {
    auto association = associate();
    auto wrong = state(1, domain);
    wrong.digest[0] ^= 1;
    EXPECT_EQ(say(association, wrong),
              Notice(agent::StateAcknowledgement{1, domain, agent::ResponseCode::incomplete, 0}));
    EXPECT_EQ(reports.calls, 0U);
}

TEST_F(NoticeServerTest, SaysThatItIsFullAndChangesNothing) {
    auto association = associate();
    reports.full = true;
    EXPECT_EQ(say(association, state(1, domain)),
              Notice(agent::StateAcknowledgement{1, domain, agent::ResponseCode::no_capacity, 0}));
    EXPECT_EQ(refused(Refusal::no_capacity), 1U);
    EXPECT_TRUE(reports.in_force().empty());
}

TEST_F(NoticeServerTest, AKeepAliveFindsDifferencesAndWithdraws) {
    auto association = associate();
    const auto said = state(1, domain);
    say(association, said);
    settle();
    const auto code = [&](bool swept, const agent::Digest& digest) {
        const auto reply = say(association, agent::KeepAlive{1, 1, {{domain, swept, 1, digest}}});
        return std::get<agent::KeepAliveReply>(*reply).entries.at(0).code;
    };
    EXPECT_EQ(code(true, said.digest), agent::ResponseCode::done);
    EXPECT_EQ(code(true, {}), agent::ResponseCode::incomplete);
    EXPECT_EQ(code(false, said.digest), agent::ResponseCode::done);
    settle();
    EXPECT_FALSE(reports.in_force().begin()->second.declared);
    EXPECT_EQ(code(true, said.digest), agent::ResponseCode::incomplete) << "it must be declared by a state";
}

TEST_F(NoticeServerTest, SilenceMakesDomainsUnknownAndEndsTheAssociation) {
    auto association = associate();
    say(association, state(1, domain));
    reports.settle();
    ASSERT_TRUE(reports.diverts({0x0a010002}));
    now += 15s;
    server->tick(now);
    reports.settle();
    EXPECT_TRUE(reports.diverts({0x0a010002})) << "not yet";
    now += 1ms;
    server->tick(now);
    reports.settle();
    EXPECT_FALSE(reports.diverts({0x0a010002}));
    EXPECT_FALSE(server->rows()[0].connected);
    EXPECT_FALSE(say(association, state(2, domain)));
    EXPECT_EQ(refused(Refusal::unknown_association), 1U);
}

TEST_F(NoticeServerTest, ARestartedAgentHasToDeclareItsDomainsAnew) {
    auto association = associate();
    say(association, state(1, domain));
    settle();
    associate();
    settle();
    EXPECT_TRUE(reports.diverts({0x0a010002})) << "the same run: only the link was interrupted";
    run = {10};
    associate();
    settle();
    EXPECT_FALSE(reports.diverts({0x0a010002}));
}

TEST_F(NoticeServerTest, FollowsAnAgentThatMoves) {
    auto association = associate();
    const auto old = association.seal(encode(agent::AgentNotice{agent::KeepAlive{0, 1, {}}}));
    const auto moved = association.seal(encode(agent::AgentNotice{agent::KeepAlive{0, 2, {}}}));
    EXPECT_EQ(give(moved, elsewhere)->to, elsewhere);
    EXPECT_EQ(give(old, here)->to, elsewhere) << "an older datagram, delivered late";
}

}  // namespace
}  // namespace honeyswitch
