// What honeyctl changes, and what it shows of changes.
#include "tests/unit/tools/honeyctl/honeyctl_fixture.hpp"
#include "tools/honeyctl/events.hpp"

namespace honeyswitch::honeyctl {
namespace {

TEST_F(Honeyctl, PutsSourcesOnListsAndTakesThemBack) {
    selection.list = "scanners";
    selection.prefix = prefix("198.51.100.7/32");
    selection.lifetime_ms = 1'000;
    EXPECT_EQ(run("list add"), "198.51.100.7/32 is on scanners\n");
    EXPECT_EQ(operate.entries.begin()->second, at(63'500));
    operate.keeps = false;
    EXPECT_EQ(run("list add"),
              "198.51.100.7/32 is on scanners; a restart of honeyswitch forgets it, as it has no "
              "state directory\n");
    EXPECT_EQ(run("list remove"), "198.51.100.7/32 is no longer on scanners\n");
    EXPECT_TRUE(operate.entries.empty());
    EXPECT_EQ(run("list remove"), "error: it is not on the list");
    selection.list = "none";
    EXPECT_EQ(run("list add"), "error: there is no such list");
}

TEST_F(Honeyctl, ReloadsAndWaitsForTheEnd) {
    operate.asks_until_done = 2;
    operate.ends_with = {"[ports] outside: only a restart changes it"};
    EXPECT_EQ(run("reload"), "reloaded\n  [ports] outside: only a restart changes it\n");
    EXPECT_EQ(asked, 4U);
    EXPECT_EQ(run("reload"), "error: a reload is running");  // for the fake it ends only in what it says
    operate.state = {};
    operate.ends_as = control::ReloadState::Phase::refused;
    operate.ends_with = {"x.toml:3:1: unknown key 'colour'", "x.toml:4:1: unknown key 'taste'"};
    EXPECT_EQ(run("reload"),
              "error: the configuration is refused, and the old one stays:\n"
              "  x.toml:3:1: unknown key 'colour'\n  x.toml:4:1: unknown key 'taste'");
}

TEST_F(Honeyctl, InsuresAReloadAndConfirmsIt) {
    selection.lifetime_ms = 600'000;
    operate.ends_with = {"not confirmed: in 10m …"};
    EXPECT_EQ(run("reload"), "reloaded\n  not confirmed: in 10m …\n");
    EXPECT_EQ(operate.wished.confirm_within, Milliseconds{600'000});
    operate.state.unconfirmed = 1;
    EXPECT_EQ(run("confirm"), "reload 1 is confirmed: what is in force stays\n");
    EXPECT_EQ(run("confirm"), "error: nothing waits for a confirmation");
    inspect.stats_row.unconfirmed = 1;
    inspect.stats_row.confirm_within = Milliseconds{252'000};
    EXPECT_NE(run("stats").find("\nreload 1 is not confirmed, and taken back in 4m12s\n"), std::string::npos);
}

TEST_F(Honeyctl, ShowsWhatAReloadWouldChange) {
    EXPECT_EQ(run("diff"), "");
    inspect.difference_rows = {
        {{.what = "[timeouts] idle_timeout", .before = "60s", .after = "90s"}},
        {{.what = "[capacity] mbufs", .before = "1", .after = "2", .restart = true}},
        {{.what = "[[agent]] 'east' key"}},
    };
    operate.compared.phase = control::ReloadState::Phase::refused;
    operate.compared.sentences = {"[capacity] mbufs cannot change while running (1 to 2): restart"};
    EXPECT_EQ(run("diff"),
              "WHAT                     CHANGE   BEFORE  AFTER  RESTART\n"
              "[timeouts] idle_timeout  changed  60s     90s    no\n"
              "[capacity] mbufs         changed  1       2      yes\n"
              "[[agent]] 'east' key     changed  -       -      no\n"
              "a reload would be refused:\n"
              "  [capacity] mbufs cannot change while running (1 to 2): restart\n");
    selection.json = true;
    const auto document = Json::parse(run("diff"));
    EXPECT_EQ(document["rows"].size(), 3U);
    EXPECT_EQ(document["refused"], true);
    EXPECT_EQ(document["sentences"].size(), 1U);
    inspect.difference_rows.clear();
    operate.compared.sentences = {"x.toml:3:1: unknown key 'colour'"};
    EXPECT_EQ(run("diff"), "error: a reload would be refused:\n  x.toml:3:1: unknown key 'colour'");
}

TEST_F(Honeyctl, DiffEndsAsDiffDoes) {
    const auto all = commands();
    const auto command = std::ranges::find(all, "diff", &Command::name);
    ASSERT_NE(command, all.end());
    EXPECT_EQ(command->trouble, 2);
    const Ask ask = [&](const Json& request) -> std::expected<Json, std::string> {
        return Json::parse(control::answer(request.dump(), inspect, operate, control::at(0)));
    };
    const Sink nobody = [](std::string_view) { return true; };
    EXPECT_EQ(command->judge(ask, selection, nobody), 0);
    inspect.difference_rows = {{{.what = "[timeouts] idle_timeout"}}};
    EXPECT_EQ(command->judge(ask, selection, nobody), 1);
}

TEST_F(Honeyctl, ShowsTheLatestChangesFirst) {
    inspect.history_rows = {
        {.time = "2026-11-27T03:40:00.123Z",
         .uid = 0,
         .user = "root",
         .pid = 42,
         .command = "reload 1",
         .changes = {"[timeouts] idle_timeout: 60s to 90s"}},
        {.time = "2026-11-27T03:30:00.123Z", .uid = {}, .command = "reload 1 taken back"}};
    EXPECT_EQ(
        run("history"),
        "TIME                      USER  UID  PID  COMMAND              CHANGES\n"
        "2026-11-27T03:40:00.123Z  root    0   42  reload 1             [timeouts] idle_timeout: 60s to 90s\n"
        "2026-11-27T03:30:00.123Z  -       -    -  reload 1 taken back  -\n");
    selection.limit = 1;
    selection.json = true;
    EXPECT_EQ(Json::parse(run("history"))["rows"].size(), 1U);
}

/// Who changed something may have chosen its words.
TEST_F(Honeyctl, ATerminalObeysNothingOfWhatIsShown) {
    inspect.history_rows = {
        {.time = "t", .uid = {}, .command = "\x1b[2J", .changes = {"a\nb", "\x7f \xc2\x9b é"}}};
    EXPECT_EQ(run("history"),
              "TIME  USER  UID  PID  COMMAND  CHANGES\n"
              "t     -       -    -  \\x1b[2J  a\\x0ab,\\x7f \\xc2\\x9b é\n");
    inspect.difference_rows.clear();
    operate.compared.sentences = {"unknown key '\x1b[2J'"};
    EXPECT_EQ(run("diff"), "a reload would say:\n  unknown key '\\x1b[2J'\n");
    EXPECT_EQ(event_text(R"({"timestamp":"t","event_type":"list","list":"\u001b[2J"})"),
              "t list list=\\x1b[2J\n");
}

TEST_F(Honeyctl, BeginsAndEndsMaintenance) {
    selection.on = true;
    EXPECT_EQ(run("maintenance"),
              "maintenance: nothing new is diverted, and sessions go on until they end\n");
    EXPECT_TRUE(operate.maintenance);
    EXPECT_EQ(run("maintenance"), "error: it is so already");
    selection.on = false;
    EXPECT_EQ(run("maintenance"), "maintenance is over\n");
    EXPECT_FALSE(operate.maintenance);
}

}  // namespace
}  // namespace honeyswitch::honeyctl
