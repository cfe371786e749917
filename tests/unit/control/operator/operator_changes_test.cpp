// Requests that change something: what they do, who may ask, and what is told of it.
#include <array>

#include <fmt/format.h>

#include "control/events/event_lines.hpp"
#include "tests/unit/control/operator/asked.hpp"
#include "tests/unit/fixtures/heard_log.hpp"

namespace honeyswitch::control {
namespace {

TEST(OperatorRequest, PutsSourcesOnListsAndTakesThemBack) {
    const FakeInspect inspect;
    FakeOperate operate;
    const auto done = json::parse(R"({"rows":[],"next":null})");
    const auto kept = json::parse(R"({"rows":[{"kept":true}],"next":null})");
    EXPECT_EQ(ask(inspect, operate, R"({"command":"list_add","list":"scanners","prefix":"192.0.2.0/24"})"),
              kept);
    EXPECT_EQ(ask(inspect, operate,
                  R"({"command":"list_add","list":"scanners","prefix":"192.0.2.7/32","lifetime_ms":5000})"),
              kept);
    EXPECT_EQ(operate.entries, (std::map<FakeOperate::Entry, std::optional<TimePoint>>{
                                   {{"scanners", prefix("192.0.2.0/24")}, {}},
                                   {{"scanners", prefix("192.0.2.7/32")}, at(67'000)}}));
    EXPECT_EQ(ask(inspect, operate, R"({"command":"list_add","list":"x","prefix":"192.0.2.7/32"})"),
              (json{{"error", "there is no such list"}}));
    const std::string remove = R"({"command":"list_remove","list":"scanners","prefix":"192.0.2.7/32"})";
    EXPECT_EQ(ask(inspect, operate, remove), done);
    EXPECT_EQ(operate.entries.size(), 1U);
    EXPECT_EQ(ask(inspect, operate, remove), (json{{"error", "it is not on the list"}}));
}

TEST(OperatorRequest, LetsUpWhatIsHeldOfALink) {
    const FakeInspect inspect;
    FakeOperate operate;
    EXPECT_EQ(ask(inspect, operate, R"({"command":"link_up","link":"north"})"),
              (json{{"error", "there is no link 'north'"}}));
    EXPECT_EQ(ask(inspect, operate, R"({"command":"link_up"})")["rows"],
              json::parse(R"([{"port":"inside"}])"));
    EXPECT_EQ(ask(inspect, operate, R"({"command":"link_up","link":"link"})")["rows"], json::array());
}

TEST(OperatorRequest, ReloadsAndTellsHowItEnded) {
    const FakeInspect inspect;
    FakeOperate operate;
    operate.asks_until_done = 1;
    operate.ends_as = ReloadState::Phase::refused;
    operate.ends_with = {"x.toml:3:1: unknown key 'colour'"};
    const std::string ask_state = R"({"command":"reload_state"})";
    EXPECT_EQ(ask(inspect, operate, ask_state)["rows"],
              json::parse(R"([{"id":0,"phase":"none","sentences":[],"unconfirmed":null,
                  "confirm_within_ms":null}])"));
    EXPECT_EQ(ask(inspect, operate, R"({"command":"reload"})"),
              json::parse(R"({"next":null,"rows":[{"id":1}]})"));
    EXPECT_EQ(ask(inspect, operate, R"({"command":"reload"})"), (json{{"error", "a reload is running"}}));
    EXPECT_EQ(ask(inspect, operate, ask_state)["rows"][0]["phase"], "running");
    EXPECT_EQ(ask(inspect, operate, ask_state)["rows"], json::parse(R"([{"id":1,"phase":"refused",
        "sentences":["x.toml:3:1: unknown key 'colour'"],"unconfirmed":null,"confirm_within_ms":null}])"));
}

TEST(OperatorRequest, AReloadMayBeInsuredAndConfirmed) {
    const FakeInspect inspect;
    FakeOperate operate;
    const RequestBy by{.who = "uid 7, pid 8", .uid = 7, .pid = 8};
    const auto say = [&](const std::string& line) {
        return json::parse(answer(line, inspect, operate, at(5'000), by));
    };
    EXPECT_TRUE(say(R"({"command":"reload","confirm_within_ms":600000})").contains("rows"));
    EXPECT_EQ(operate.wished.confirm_within, Milliseconds{600'000});
    EXPECT_EQ(operate.wished.by.text, "uid 7, pid 8");
    EXPECT_EQ(operate.wished.by.uid, 7U);
    EXPECT_EQ(operate.wished.by.pid, 8U);
    operate.state.unconfirmed = 1;
    operate.state.confirm_by = at(65'000);
    const auto state = say(R"({"command":"reload_state"})")["rows"][0];
    EXPECT_EQ(state["unconfirmed"], 1);
    EXPECT_EQ(state["confirm_within_ms"], 60'000);
    EXPECT_EQ(say(R"({"command":"confirm"})"), json::parse(R"({"next":null,"rows":[{"id":1}]})"));
    EXPECT_EQ(operate.confirmed_by, "uid 7, pid 8");
    EXPECT_TRUE(operate.notes.empty()) << "who ends them notes them";
    EXPECT_EQ(say(R"({"command":"confirm"})"), (json{{"error", "nothing waits for a confirmation"}}));
    for (const auto* const wrong : {"999", "86400001", "\"10m\""})
        EXPECT_TRUE(
            say(fmt::format(R"({{"command":"reload","confirm_within_ms":{}}})", wrong)).contains("error"))
            << wrong;
}

TEST(OperatorRequest, IsForWhoMay) {
    const FakeInspect inspect;
    FakeOperate operate;
    const auto answered = [&](OperatorRight right, const std::string& line) {
        return json::parse(answer(line, inspect, operate, at(0), {.right = right, .who = "uid 7, pid 8"}));
    };
    const std::string read = R"({"command":"agents"})";
    for (const std::string change :
         {R"({"command":"list_add","list":"scanners","prefix":"10.0.0.1"})",
          R"({"command":"list_remove","list":"scanners","prefix":"10.0.0.1"})", R"({"command":"reload"})",
          R"({"command":"link_up"})", R"({"command":"confirm"})"}) {
        EXPECT_TRUE(answered(OperatorRight::none, change).contains("error")) << change;
        EXPECT_TRUE(answered(OperatorRight::read, change)["error"].get<std::string>().starts_with(
            "you may read, and "))
            << change;
        EXPECT_TRUE(operate.entries.empty());
        EXPECT_EQ(operate.state.id, 0U);
        EXPECT_EQ(operate.held.size(), 1U);
    }
    EXPECT_TRUE(answered(OperatorRight::none, read).contains("error"));
    EXPECT_TRUE(answered(OperatorRight::read, read).contains("rows"));
    EXPECT_TRUE(answered(OperatorRight::change, R"({"command":"reload"})").contains("rows"));
}

TEST(OperatorRequest, OfAChangeIsNotedWithWhatItUsesAlone) {
    const FakeInspect inspect;
    FakeOperate operate;
    const auto say = [&](const std::string& line) {
        (void)answer(line, inspect, operate, at(0), {.who = "uid 7, pid 8"});
    };
    say(R"({"command":"maintenance","on":true,"list":"\u001b[2J","honeypot":"x","limit":7})");
    say(R"({"command":"link_up","on":false})");
    say(R"({"command":"list_add","list":"scanners","prefix":"10.0.0.1","lifetime_ms":5000,"link":"x"})");
    EXPECT_EQ(operate.notes, (std::vector<std::string>{
                                 "uid 7, pid 8: maintenance on true", "uid 7, pid 8: link_up ",
                                 "uid 7, pid 8: list_add lifetime_ms 5000, list scanners, prefix 10.0.0.1"}));
}

TEST(OperatorRequest, OfAChangeIsLoggedWithWhoAskedForIt) {
    HeardLog log;
    const FakeInspect inspect;
    FakeOperate operate;
    EventBus events;
    const EventLines lines(events);
    const RequestBy by{.who = "uid 7, pid 8", .events = &events};
    const auto say = [&](const std::string& line) { (void)answer(line, inspect, operate, at(0), by); };
    say(R"({"command":"list_add","list":"scanners","prefix":"10.0.0.1","lifetime_ms":7200000})");
    say(R"({"command":"list_add","list":"scanners","prefix":"10.0.0.0/24"})");
    say(R"({"command":"list_add","list":"none","prefix":"10.0.0.0/24"})");
    say(R"({"command":"list_remove","list":"scanners","prefix":"10.0.0.1"})");
    say(R"({"command":"reload"})");
    say(R"({"command":"agents"})");
    EXPECT_EQ(operate.notes.size(), 3U) << "what failed or changed nothing is not noted";
    EXPECT_EQ(operate.notes.back(), "uid 7, pid 8: list_remove list scanners, prefix 10.0.0.1");
    EXPECT_EQ(log.take(),
              "info: list scanners: 10.0.0.1/32 added by the operator (uid 7, pid 8), for 2h\n"
              "info: list scanners: 10.0.0.0/24 added by the operator (uid 7, pid 8), until it is removed\n"
              "info: list scanners: 10.0.0.1/32 removed by the operator (uid 7, pid 8)\n"
              "info: reload 1 was asked for by the operator (uid 7, pid 8)\n");
}

}  // namespace
}  // namespace honeyswitch::control
