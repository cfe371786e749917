// A reload that takes itself back unless somebody confirms it.
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "control/process/control_plane.hpp"
#include "tests/unit/fixtures/appliance.hpp"
#include "tests/unit/fixtures/heard_log.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using Names = std::vector<std::string>;
using Phase = ReloadState::Phase;

std::string pot(const std::string& name, unsigned octet) {
    return fmt::format("[[honeypot]]\nname = \"{}\"\nmac = \"02:00:00:00:00:{:02x}\"\ncheck = \"none\"\n",
                       name, octet);
}
const std::string list = "[[list]]\nname = \"x\"\nkind = \"attacker\"\n";

struct InsuranceTest : testing::Test {
    void begin(const std::string& records) { appliance.emplace(records); }
    json ask(const std::string& request) { return json::parse(appliance->ask(request)); }
    Names honeypots() {
        const auto answer = ask(R"({"command":"honeypots"})");
        Names all;
        for (const auto& row : answer["rows"]) all.push_back(row["name"]);
        return all;
    }
    /// With ten minutes to confirm it.
    void insured(const std::string& records) {
        const auto state = appliance->reload(records, {.by = {.text = "somebody"}, .confirm_within = 10min});
        ASSERT_EQ(state.phase, Phase::done);
        ASSERT_TRUE(state.unconfirmed);
    }
    void pass(Milliseconds time) {
        appliance->pass(time);
        appliance->turn();
    }
    /// Until what is due has been taken back.
    ReloadState taken_back() {
        EXPECT_EQ(appliance->control().reload_state().phase, Phase::running);
        return appliance->end_of_reload();
    }
    std::expected<std::uint64_t, std::string> confirm() {
        return appliance->control().confirm({.text = "somebody"});
    }

    HeardLog log;
    std::optional<RunningAppliance> appliance;
};

TEST_F(InsuranceTest, WithoutAConfirmationWhatWasBeforeIsInForceAgain) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    EXPECT_EQ(honeypots(), Names{"b"});
    std::filesystem::remove(appliance->file());  // it is not asked
    pass(9min);
    EXPECT_EQ(honeypots(), Names{"b"}) << "there is a minute left";
    (void)log.take();
    pass(59s);
    EXPECT_EQ(honeypots(), Names{"b"}) << "and now a second";
    pass(1s);
    const auto state = taken_back();
    EXPECT_EQ(state.phase, Phase::done);
    EXPECT_FALSE(state.unconfirmed);
    EXPECT_FALSE(state.confirm_by);
    EXPECT_EQ(honeypots(), Names{"a"});
    const auto told = log.take();
    EXPECT_NE(told.find("nobody confirmed reload 1 within 10m: it is taken back"), std::string::npos) << told;
    EXPECT_NE(told.find("reload 1 is taken back: the configuration from before it is in force again"),
              std::string::npos)
        << told;
    EXPECT_EQ(confirm().error(), "nothing waits for a confirmation; reload 1 was taken back");
}

TEST_F(InsuranceTest, AConfirmationKeepsIt) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    EXPECT_EQ(confirm(), 1U);
    EXPECT_NE(log.take().find("reload 1 is confirmed by the operator (somebody)"), std::string::npos);
    EXPECT_FALSE(appliance->control().reload_state().unconfirmed);
    pass(20min);
    pass(1s);
    EXPECT_EQ(appliance->control().reload_state().phase, Phase::done);
    EXPECT_EQ(honeypots(), Names{"b"});
    EXPECT_EQ(confirm().error(), "nothing waits for a confirmation");
}

TEST_F(InsuranceTest, NothingToConfirmIsAnErrorBeforeAnyReloadToo) {
    begin(pot("a", 1));
    EXPECT_EQ(confirm().error(), "nothing waits for a confirmation");
    EXPECT_EQ(appliance->reload(pot("b", 2)).phase, Phase::done);
    EXPECT_EQ(confirm().error(), "nothing waits for a confirmation") << "it was not insured";
}

TEST_F(InsuranceTest, ARefusedReloadIsNotInsuredAndLeavesOneThatIsAlone) {
    begin(pot("a", 1));
    EXPECT_EQ(appliance->reload("this is no TOML\n", {.confirm_within = 10min}).phase, Phase::refused);
    EXPECT_FALSE(appliance->control().reload_state().unconfirmed);
    insured(pot("b", 2));
    pass(9min);
    const auto refused = appliance->reload("this is no TOML\n", {.confirm_within = 10min});
    EXPECT_EQ(refused.phase, Phase::refused);
    EXPECT_EQ(refused.unconfirmed, 2U);
    pass(1min);
    EXPECT_EQ(taken_back().phase, Phase::done);
    EXPECT_EQ(honeypots(), Names{"a"});
}

TEST_F(InsuranceTest, AReloadMeanwhileStandsUnderTheSameInsurance) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    pass(5min);
    const auto plain = appliance->reload(pot("c", 3));
    EXPECT_EQ(plain.unconfirmed, 1U) << "only confirm() keeps";
    ASSERT_FALSE(plain.sentences.empty());
    EXPECT_TRUE(plain.sentences.back().starts_with("not confirmed: in ")) << plain.sentences.back();
    EXPECT_EQ(honeypots(), Names{"c"});
    pass(5min);
    EXPECT_EQ(taken_back().phase, Phase::done);
    EXPECT_EQ(honeypots(), Names{"a"}) << "the one from before the first";
}

TEST_F(InsuranceTest, AnotherInsuredReloadBeginsTheTimeAnewAndKeepsTheWayBack) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    pass(9min);
    insured(pot("c", 3));
    pass(9min);
    EXPECT_EQ(honeypots(), Names{"c"});
    pass(1min);
    EXPECT_EQ(taken_back().phase, Phase::done);
    EXPECT_EQ(honeypots(), Names{"a"});
}

TEST_F(InsuranceTest, ASignalIsAReloadLikeAnyOther) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    appliance->write(pot("c", 3));
    appliance->control().reload_on_signal({.text = "SIGHUP from uid 0, pid 1", .uid = 0, .pid = 1});
    EXPECT_EQ(appliance->end_of_reload().unconfirmed, 1U);
    EXPECT_EQ(honeypots(), Names{"c"});
    EXPECT_EQ(confirm(), 1U);
}

TEST_F(InsuranceTest, WhileAReloadRunsNothingIsConfirmed) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    ASSERT_TRUE(appliance->control().reload({}));
    EXPECT_EQ(confirm().error(), "a reload is running: confirm it once it is in force");
    EXPECT_EQ(appliance->end_of_reload().phase, Phase::done);
    pass(10min);
    EXPECT_EQ(confirm().error(), "too late: reload 1 is being taken back");
    EXPECT_EQ(appliance->control().reload({}).error(), "a reload is running already");
    EXPECT_EQ(appliance->end_of_reload().phase, Phase::done);
}

TEST_F(InsuranceTest, AReloadThatIsReadWhenTheTimeIsOverIsRefused) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    appliance->write(pot("c", 3));
    ASSERT_TRUE(appliance->control().reload({}));
    appliance->pass(11min);
    const auto state = appliance->end_of_reload();
    EXPECT_EQ(state.phase, Phase::refused);
    EXPECT_EQ(state.sentences, Names{"meanwhile the time to confirm reload 1 was over"});
    pass(1s);
    EXPECT_EQ(taken_back().phase, Phase::done);
    EXPECT_EQ(honeypots(), Names{"a"});
}

TEST_F(InsuranceTest, WhatOperatorsPutOnAListThatWasGoneIsBackOnIt) {
    begin(pot("a", 1) + list);
    const auto source = parse_prefix("203.0.113.7/32").value(),
               lapses = parse_prefix("203.0.113.8/32").value();
    ASSERT_TRUE(appliance->control().list_add("x", source, 1h, appliance->now()));
    ASSERT_TRUE(appliance->control().list_add("x", lapses, 5min, appliance->now()));
    insured(pot("a", 1));
    EXPECT_TRUE(ask(R"({"command":"list_entries"})")["rows"].empty());
    pass(10min);
    EXPECT_EQ(taken_back().phase, Phase::done);
    pass(1ms);
    const auto entries = ask(R"({"command":"list_entries"})")["rows"];
    ASSERT_EQ(entries.size(), 1U) << entries;
    EXPECT_EQ(entries[0]["prefix"], "203.0.113.7/32");
    EXPECT_LT(entries[0]["remaining_ms"], 51 * 60'000);
    EXPECT_EQ(entries[0]["origins"], json::array({"operator"}));
}

TEST_F(InsuranceTest, TheTimeThatIsLeftIsSeen) {
    begin(pot("a", 1));
    EXPECT_TRUE(ask(R"({"command":"reload_state"})")["rows"][0]["unconfirmed"].is_null());
    insured(pot("b", 2));
    appliance->pass(4min);
    for (const auto* const table : {"reload_state", "stats"}) {
        const auto row = ask(fmt::format(R"({{"command":"{}"}})", table))["rows"][0];
        EXPECT_EQ(row["unconfirmed"], 1) << table;
        EXPECT_LE(row["confirm_within_ms"], 6 * 60'000) << table;
        EXPECT_GT(row["confirm_within_ms"], 5 * 60'000) << table;
    }
}

TEST_F(InsuranceTest, TheHistoryHasEachStepWithWhoAskedForIt) {
    begin(pot("a", 1) + list);
    insured(pot("a", 1) + list + "[timeouts]\nidle_timeout = \"7s\"\n");
    EXPECT_EQ(confirm(), 1U);
    insured(pot("a", 1) + list);
    pass(10min);
    EXPECT_EQ(taken_back().phase, Phase::done);
    EXPECT_TRUE(ask(R"({"command":"list_add","list":"x","prefix":"192.0.2.7"})").contains("rows"));
    EXPECT_TRUE(ask(R"({"command":"list_add","list":"y","prefix":"192.0.2.7"})").contains("error"));
    json rows;
    for (int tries = 0; tries < 5'000 && rows.size() < 5; ++tries)
        rows = ask(R"({"command":"history"})")["rows"];
    ASSERT_EQ(rows.size(), 5U) << rows;
    Names commands;
    for (const auto& row : rows) commands.push_back(row["command"]);
    EXPECT_EQ(commands, (Names{"list_add", "reload 2 taken back", "reload 2 --confirm 10m",
                               "confirm of reload 1", "reload 1 --confirm 10m"}));
    EXPECT_EQ(rows[4]["changes"], json::array({"[timeouts] idle_timeout: 1m to 7s"}));
    EXPECT_EQ(rows[1]["changes"], json::array({"[timeouts] idle_timeout: 1m to 7s"}));
    EXPECT_TRUE(rows[1]["uid"].is_null()) << "nobody asked for it";
    EXPECT_EQ(rows[0]["uid"], getuid());
    EXPECT_EQ(rows[0]["pid"], getpid());
    EXPECT_EQ(rows[0]["changes"], json::array({"list x", "prefix 192.0.2.7"}));
}

TEST_F(InsuranceTest, AComparisonShowsWhatAReloadWouldChangeAndChangesNothing) {
    begin(pot("a", 1));
    const auto compared = [&](const std::string& records) {
        appliance->write(records);
        EXPECT_TRUE(ask(R"({"command":"compare"})").contains("rows"));
        EXPECT_TRUE(ask(R"({"command":"compare"})").contains("error")) << "one at a time";
        json state;
        do {
            appliance->turn();
            state = ask(R"({"command":"compare_state"})")["rows"][0];
        } while (state["phase"] == "running");
        return state;
    };
    EXPECT_EQ(compared(pot("a", 1))["phase"], "done");
    EXPECT_TRUE(ask(R"({"command":"diff"})")["rows"].empty());
    EXPECT_EQ(compared(pot("b", 2))["phase"], "done");
    EXPECT_EQ(ask(R"({"command":"diff"})")["rows"].size(), 2U);
    EXPECT_EQ(honeypots(), Names{"a"});
    const auto refused = compared(pot("a", 1) + "[timeouts]\nheartbeat_timeout = \"5s\"\n");
    EXPECT_EQ(refused["phase"], "refused");
    EXPECT_EQ(refused["sentences"].size(), 1U);
    EXPECT_EQ(ask(R"({"command":"diff"})")["rows"][0]["restart"], true);
    EXPECT_EQ(compared("this is no TOML\n")["phase"], "refused");
    EXPECT_TRUE(ask(R"({"command":"diff"})")["rows"].empty());
    EXPECT_EQ(appliance->control().reload_state().id, 0U);
}

TEST_F(InsuranceTest, AStopSaysThatTheFileDecidesNow) {
    begin(pot("a", 1));
    insured(pot("b", 2));
    (void)log.take();
    appliance->end();
    EXPECT_EQ(log.take(), "warning: reload 1 was not confirmed: the next start takes what the file says\n");
}

}  // namespace
}  // namespace honeyswitch::control
