// The parts put together: what a reload of a changed file does to sessions, lists and answers, what a refused
// one leaves as it was, and how all of it is taken down.
#include "control/process/control_plane.hpp"

#include <filesystem>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "dataplane/eal/buffer_pool.hpp"
#include "tests/unit/fixtures/appliance.hpp"
#include "tests/unit/fixtures/heard_log.hpp"
#include "tests/unit/fixtures/one_link.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;
using Phase = ReloadState::Phase;

std::string pot(const std::string& name, unsigned octet, const std::string& more = "") {
    return fmt::format(
        "[[honeypot]]\nname = \"{}\"\nmac = \"02:00:00:00:{:02x}:{:02x}\"\ncheck = \"none\"\n{}", name,
        octet / 256, octet % 256, more);
}
std::string list(const std::string& name, const std::string& kind = "attacker") {
    return fmt::format("[[list]]\nname = \"{}\"\nkind = \"{}\"\n", name, kind);
}
const std::string one_pot = pot("a", 1), two_pots = pot("a", 1) + pot("b", 2);

struct ControlPlaneTest : testing::Test {
    json rows(const std::string& command) {
        const auto answer = json::parse(appliance->ask(fmt::format(R"({{"command":"{}"}})", command)));
        EXPECT_TRUE(answer.contains("rows")) << answer;
        return answer["rows"];
    }
    /// Of the running sessions, whose each is, by source.
    std::map<std::string, std::string> sessions() {
        std::map<std::string, std::string> honeypots;
        for (const auto& row : rows("sessions")) honeypots[row["source"]] = row["honeypot"];
        return honeypots;
    }
    Names names(const std::string& command) {
        Names all;
        for (const auto& row : rows(command)) all.push_back(row["name"]);
        return all;
    }
    void turns(int count) {
        for (int i = 0; i < count; ++i) appliance->turn();
    }
    void begin(const std::string& records) { appliance.emplace(records); }
    dataplane::Listing listing(const char* source) {
        return appliance->plane().sources().find(parse_address(source).value().value);
    }

    HeardLog log;
    std::optional<RunningAppliance> appliance;
};

TEST_F(ControlPlaneTest, APacketInBecomesASessionAndGoesToTheHoneypot) {
    begin(one_pot);
    appliance->packet_in("198.51.100.1", 7);
    turns(1);
    EXPECT_EQ(sessions(), (std::map<std::string, std::string>{{"198.51.100.1", "a"}}));
    EXPECT_EQ(appliance->handed_back(dataplane::first_honeypot_port), 1U);
}

TEST_F(ControlPlaneTest, SessionsKeepTheirHoneypotInANewOrderAndUnderNewNeighbours) {
    begin(two_pots);
    for (unsigned i = 1; i <= 20; ++i) appliance->packet_in(fmt::format("198.51.100.{}", i).c_str(), i);
    turns(2);
    const auto before = sessions();
    ASSERT_EQ(before.size(), 20U);
    EXPECT_EQ(appliance->reload(pot("new", 9) + pot("b", 2) + pot("a", 1)).phase, Phase::done);
    turns(10);
    EXPECT_EQ(sessions(), before);
    EXPECT_EQ(names("honeypots"), (Names{"new", "b", "a"}));
}

TEST_F(ControlPlaneTest, ARenamedHoneypotIsAnotherAndTheSessionsOfTheOldOneMoveThere) {
    begin(one_pot);
    appliance->packet_in("198.51.100.1", 1);
    turns(1);
    EXPECT_EQ(appliance->reload(pot("b", 1)).phase, Phase::done);
    turns(10);
    EXPECT_EQ(sessions(), (std::map<std::string, std::string>{{"198.51.100.1", "b"}}));
}

TEST_F(ControlPlaneTest, TheSessionsOfARemovedHoneypotGoToThoseThatAreThere) {
    begin(two_pots);
    for (unsigned i = 1; i <= 20; ++i) appliance->packet_in(fmt::format("198.51.100.{}", i).c_str(), i);
    turns(2);
    const auto before = sessions();
    EXPECT_EQ(appliance->reload(pot("new", 9) + pot("a", 1)).phase, Phase::done);
    turns(10);
    for (const auto& [source, honeypot] : sessions())
        EXPECT_TRUE(honeypot == "a" || honeypot == "new") << source << " is with " << honeypot;
    EXPECT_EQ(sessions().size(), before.size());
}

TEST_F(ControlPlaneTest, ListsKeepTheirSourcesInANewOrderAndMeanTheSame) {
    begin(one_pot + list("x") + list("y"));
    const auto source = parse_prefix("203.0.113.7/32").value();
    ASSERT_TRUE(appliance->control().list_add("y", source, std::nullopt, appliance->now()));
    EXPECT_EQ(listing("203.0.113.7").lists(), 0b10U);
    EXPECT_EQ(appliance->reload(one_pot + list("z") + list("y") + list("x")).phase, Phase::done);
    EXPECT_EQ(listing("203.0.113.7").lists(), 0b10U) << "its bit";
    EXPECT_EQ(names("lists"), (Names{"z", "y", "x"}));
    const auto entries = rows("list_entries");
    ASSERT_EQ(entries.size(), 1U);
    EXPECT_EQ(entries[0]["list"], "y");
    EXPECT_EQ(appliance->reload(one_pot + list("x")).phase, Phase::done);
    turns(3);
    EXPECT_EQ(listing("203.0.113.7").lists(), 0U);
    EXPECT_TRUE(appliance->plane().sources().lists_none());
}

TEST_F(ControlPlaneTest, AListThatChangesItsKindKeepsItsSources) {
    begin(one_pot + list("x"));
    ASSERT_TRUE(appliance->control().list_add("x", parse_prefix("203.0.113.7/32").value(), std::nullopt,
                                              appliance->now()));
    const auto key = Appliance::key("203.0.113.7", 1);
    EXPECT_FALSE(appliance->plane().classifier().get().benign(key, listing("203.0.113.7")));
    EXPECT_EQ(appliance->reload(one_pot + list("x", "benign")).phase, Phase::done);
    EXPECT_TRUE(appliance->plane().classifier().get().benign(key, listing("203.0.113.7")));
}

TEST_F(ControlPlaneTest, ARefusedReloadChangesNothingAndSaysWhy) {
    struct Row {
        const char* what;
        std::string records;
        std::string reason;
    };
    begin(two_pots + list("x"));
    appliance->packet_in("198.51.100.1", 1);
    turns(1);
    const auto sessions_before = rows("sessions").size();
    const auto honeypots = rows("honeypots"), lists = rows("lists"), pools = rows("pools");
    for (const auto& [what, records, reason] :
         {Row{"no TOML", one_pot + "this is no TOML\n", "honeyswitch.toml:"},
          Row{"an unknown word", one_pot + "[[rule]]\nname = \"r\"\naction = \"divrt\"\n", "divrt"},
          Row{"a reference to nothing", one_pot + pot("c", 3, "pool = \"nowhere\"\n"), "nowhere"}}) {
        (void)log.take();
        const auto state = appliance->reload(records);
        EXPECT_EQ(state.phase, Phase::refused) << what;
        ASSERT_FALSE(state.sentences.empty()) << what;
        EXPECT_NE(state.sentences.front().find(reason), std::string::npos) << state.sentences.front();
        EXPECT_FALSE(state.sentences.front().starts_with("honeyswitch: "));
        EXPECT_NE(log.take().find("reload refused: "), std::string::npos) << what;
        EXPECT_EQ(rows("honeypots"), honeypots) << what;
        EXPECT_EQ(rows("lists"), lists) << what;
        EXPECT_EQ(rows("pools"), pools) << what;
        EXPECT_EQ(rows("sessions").size(), sessions_before) << what;
    }
    std::filesystem::remove(appliance->file());
    EXPECT_EQ(appliance->reload().phase, Phase::refused);
    EXPECT_EQ(rows("honeypots"), honeypots);
}

TEST_F(ControlPlaneTest, WhatNeedsARestartIsRefusedByName) {
    begin(one_pot);
    const auto state = appliance->reload(one_pot + "[timeouts]\nheartbeat_timeout = \"5s\"\n");
    EXPECT_EQ(state.phase, Phase::refused);
    ASSERT_EQ(state.sentences.size(), 1U);
    EXPECT_NE(state.sentences[0].find("[timeouts] heartbeat_timeout"), std::string::npos)
        << state.sentences[0];
}

std::string many(const std::string& name, unsigned count) {
    std::string records;
    for (unsigned i = 0; i < count; ++i) records += pot(name + std::to_string(i), 256 + i);
    return records;
}

/// As many numbers as there are: who replaces all of them has to wait until the old ones are done with.
TEST_F(ControlPlaneTest, AReloadThatFindsNoNumbersIsRefusedByKindAndTakenOnceTheyAreFree) {
    begin(many("old", 200));
    EXPECT_EQ(appliance->reload(many("new", 55)).phase, Phase::done);
    const auto full = appliance->reload(many("newer", 60));
    EXPECT_EQ(full.phase, Phase::refused);
    ASSERT_EQ(full.sentences.size(), 1U);
    EXPECT_TRUE(full.sentences[0].starts_with("[[honeypot]] 'newer")) << full.sentences[0];
    EXPECT_NE(full.sentences[0].find("200 that were taken out"), std::string::npos) << full.sentences[0];
    EXPECT_EQ(names("honeypots").size(), 55U);
    for (int i = 0; i < 3; ++i) {
        appliance->pass(Milliseconds{40'000});
        appliance->turn();
    }
    EXPECT_EQ(appliance->reload(many("newer", 60)).phase, Phase::done);
    EXPECT_EQ(names("honeypots").size(), 60U);
}

TEST_F(ControlPlaneTest, OneReloadAtATimeAndEachHasItsNumber) {
    begin(one_pot);
    const auto first = appliance->control().reload({});
    ASSERT_TRUE(first);
    EXPECT_EQ(appliance->control().reload({}).error(), "a reload is running already");
    while (appliance->control().reload_state().phase == Phase::running) appliance->turn();
    EXPECT_GT(appliance->control().reload({}).value(), *first);
    while (appliance->control().reload_state().phase == Phase::running) appliance->turn();
}

TEST_F(ControlPlaneTest, WarningsOfANewConfigurationAreTold) {
    begin(one_pot);
    const auto state = appliance->reload(one_pot + "[containment]\nallow = [\"udp:53:192.0.2.53/32\"]\n");
    EXPECT_EQ(state.phase, Phase::done);
    ASSERT_FALSE(state.sentences.empty());
    EXPECT_NE(state.sentences[0].find("allow has no effect"), std::string::npos) << state.sentences[0];
    EXPECT_NE(log.take().find("allow has no effect"), std::string::npos);
}

TEST_F(ControlPlaneTest, ModesComeIntoForceAsOneAndHandshakeIsNotTouched) {
    begin(two_pots + "[admission]\nadmission = \"handshake\"\n");
    turns(1);
    auto& modes = appliance->plane().modes();
    EXPECT_TRUE(modes.handshake && modes.several_honeypots && !modes.limited_containment);
    EXPECT_EQ(appliance
                  ->reload(one_pot + "[admission]\nadmission = \"handshake\"\n[containment]\n"
                                     "reply_packets_per_source = 7\n")
                  .phase,
              Phase::done);
    EXPECT_TRUE(modes.handshake && !modes.several_honeypots);
    EXPECT_EQ(modes.packets_per_source, 7U);
}

TEST_F(ControlPlaneTest, AnswersSpeakOfTheMomentInWhichTheyAreAsked) {
    begin(one_pot + list("x"));
    ASSERT_TRUE(appliance->control().list_add("x", parse_prefix("203.0.113.7/32").value(),
                                              Milliseconds{60'000}, appliance->now()));
    appliance->pass(Milliseconds{10'000});
    EXPECT_EQ(rows("list_entries")[0]["remaining_ms"], 50'000) << "there was no turn since";
}

/// The reverse of the start: the control plane goes while the data plane is there, whatever is under way.
TEST_F(ControlPlaneTest, IsTakenDownInTheMiddleOfAReloadAndLeavesNothingBehind) {
    begin(two_pots + list("x"));
    for (unsigned i = 1; i <= 20; ++i) appliance->packet_in(fmt::format("198.51.100.{}", i).c_str(), i);
    turns(1);
    ASSERT_TRUE(std::filesystem::exists(appliance->socket()));
    ASSERT_TRUE(appliance->control().reload({}));
    appliance->end();
    EXPECT_FALSE(std::filesystem::exists(appliance->socket()));
    EXPECT_EQ(appliance->plane().sessions().size(), 20U) << "the tables outlive who writes them";
    (void)appliance->handed_back(0);
    appliance.reset();
    EXPECT_EQ(dataplane::buffers_in_use(Appliance::buffers()), 0U) << "a buffer was lost";
    begin(one_pot);
    EXPECT_EQ(names("honeypots"), Names{"a"}) << "another start finds its sockets free";
}

class DivertingTest : public ControlPlaneTest {
  protected:
    [[nodiscard]] dataplane::Diverting diverting() { return appliance->plane().modes().diverting; }
    json ask(const std::string& request) { return json::parse(appliance->ask(request)); }
    json maintenance(bool on) { return ask(fmt::format(R"({{"command":"maintenance","on":{}}})", on)); }
    bool said(const std::string& sentence) {
        told_ += log.take();
        return told_.contains(sentence);
    }

  private:
    std::string told_;
};

TEST_F(DivertingTest, MaintenanceBeginsNothingAndIsTakenBack) {
    begin(one_pot);
    appliance->packet_in("198.51.100.1", 1);
    turns(1);
    EXPECT_EQ(maintenance(true), (json{{"rows", json::array({{{"on", true}}})}, {"next", json()}}));
    EXPECT_EQ(diverting(), dataplane::Diverting::running);
    appliance->packet_in("198.51.100.2", 2);
    appliance->packet_in("198.51.100.1", 1);
    turns(1);
    EXPECT_EQ(sessions(), (std::map<std::string, std::string>{{"198.51.100.1", "a"}}));
    EXPECT_TRUE(maintenance(true).contains("error")) << "it is so already";
    EXPECT_TRUE(maintenance(false).contains("rows"));
    EXPECT_EQ(diverting(), dataplane::Diverting::all);
    EXPECT_EQ(maintenance(false)["error"], "there is no maintenance");
    EXPECT_EQ(ask(R"({"command":"maintenance"})")["error"], "maintenance needs on: true or false");
    appliance->packet_in("198.51.100.2", 2);
    turns(1);
    EXPECT_EQ(sessions().size(), 2U);
}

TEST_F(DivertingTest, TheHeadOfEachTableSaysSo) {
    begin(one_pot);
    EXPECT_FALSE(ask(R"({"command":"agents"})").contains("diversion"));
    (void)maintenance(true);
    for (const auto* const command : {"agents", "flows", "stats", "rules"}) {
        const auto state = ask(fmt::format(R"({{"command":"{}"}})", command))["diversion"];
        EXPECT_EQ(state["mode"], "divert") << command;
        EXPECT_TRUE(state["maintenance_ms"].is_number()) << command;
        EXPECT_EQ(state["who"], fmt::format("uid {}, pid {}", getuid(), getpid()));
        EXPECT_EQ(state["sessions"], 0);
    }
    EXPECT_TRUE(said(fmt::format("maintenance was begun by the operator (uid {}", getuid())));
}

TEST_F(DivertingTest, WhenTheLastSessionHasEndedItIsTold) {
    begin(one_pot);
    appliance->packet_in("198.51.100.1", 1);
    turns(1);
    (void)maintenance(true);
    turns(3);
    EXPECT_FALSE(said("everything passes"));
    for (int i = 0; i < 200 && !said("everything passes"); ++i) {
        appliance->pass(Milliseconds{1'000});
        turns(1);
    }
    EXPECT_TRUE(said("maintenance: the last session has ended, and everything passes"));
}

TEST_F(DivertingTest, MaintenanceOutlivesAReload) {
    begin(one_pot + "[containment]\nmode = \"open\"\n");
    EXPECT_TRUE(appliance->plane().modes().open_containment);
    (void)maintenance(true);
    EXPECT_FALSE(appliance->plane().modes().open_containment) << "honeypots begin nothing either";
    EXPECT_EQ(appliance->reload(two_pots).phase, Phase::done);
    EXPECT_EQ(diverting(), dataplane::Diverting::running);
    (void)maintenance(false);
    EXPECT_EQ(diverting(), dataplane::Diverting::all);
}

TEST_F(DivertingTest, AReloadLetsItObserveAndDivertAgain) {
    const std::string nameless = "[[honeypot]]\nname = \"a\"\n";
    begin(nameless);
    EXPECT_EQ(appliance->reload("mode = \"observe\"\n" + nameless).phase, Phase::done);
    EXPECT_EQ(diverting(), dataplane::Diverting::nothing);
    EXPECT_EQ(ask(R"({"command":"pools"})")["diversion"]["mode"], "observe");
    (void)appliance->handed_back(dataplane::first_honeypot_port);
    appliance->packet_in("198.51.100.1", 1);
    appliance->pass(Milliseconds{5'000});
    turns(3);
    EXPECT_EQ(sessions().size(), 1U) << "a session is recorded, though nobody knows the honeypot's address";
    EXPECT_EQ(appliance->handed_back(dataplane::first_honeypot_port), 0U) << "no packet and no question";
    EXPECT_EQ(appliance->reload(nameless).phase, Phase::done);
    EXPECT_EQ(diverting(), dataplane::Diverting::all);
    turns(3);
    EXPECT_GT(appliance->handed_back(dataplane::first_honeypot_port), 0U) << "it is asked again";
}

TEST_F(DivertingTest, NothingIsDivertedAfterObservingBeforeWhatProtectsHostsIsInForce) {
    begin("mode = \"observe\"\n" + one_pot);
    std::string scanners;
    for (unsigned i = 0; i < 900; ++i) scanners += fmt::format("203.{}.{}.1\n", i / 250, i % 250);
    appliance->put("scanners.list", scanners);
    appliance->write("active = [\"10.1.252.0/22\"]\n" + one_pot + list("scanners", "benign") +
                     fmt::format("file = \"{}\"\n", appliance->in_folder("scanners.list")));
    ASSERT_TRUE(appliance->control().reload({}));
    for (int i = 0; i < 20'000 && diverting() == dataplane::Diverting::nothing; ++i) {
        appliance->turn();
        std::this_thread::sleep_for(std::chrono::microseconds{200});  // the file is read on another thread
    }
    const auto sentences = appliance->control().reload_state().sentences;
    EXPECT_EQ(diverting(), dataplane::Diverting::all) << (sentences.empty() ? "" : sentences[0]);
    EXPECT_NE(listing("203.3.149.1").lists(), 0U) << "the last line of the file";
    EXPECT_FALSE(appliance->control().reload_state().phase == Phase::refused);
    const auto state = json::parse(appliance->ask(R"({"command":"active","destination":"10.1.255.255"})"));
    EXPECT_EQ(state["rows"].size(), 1U) << "the last address of the prefix";
}

TEST_F(DivertingTest, MaintenanceIsRememberedWhileItObserves) {
    begin("mode = \"observe\"\n" + one_pot);
    (void)maintenance(true);
    EXPECT_EQ(diverting(), dataplane::Diverting::nothing);
    EXPECT_EQ(appliance->reload(one_pot).phase, Phase::done);
    EXPECT_EQ(diverting(), dataplane::Diverting::running);
}

}  // namespace
}  // namespace honeyswitch::control
