#include "control/config/config_diff.hpp"

#include "tests/unit/control/config/config_text.hpp"

namespace honeyswitch::control {
namespace {

using Words = std::vector<std::string>;

Words texts(const Config& before, const Config& after) {
    Words texts;
    for (const auto& difference : differences(before, after)) texts.push_back(to_string(difference));
    return texts;
}

TEST(ConfigDiff, IsEmptyWithoutADifference) {
    EXPECT_EQ(texts(sound(two_pools), sound(two_pools)), Words{});
}

TEST(ConfigDiff, ARecordOfEachKindIsComparedKeyByKey) {
    const std::string more = two_pools + R"([[list]]
name = "l"
kind = "attacker"
)";
    struct Case {
        std::string before, after;
        Words told;
    };
    for (const auto& [before, after, told] : {
             Case{"[[pool]]\nname = \"p\"\n[[honeypot]]\nname = \"x\"\n",
                  "[[pool]]\nname = \"p\"\naffinity = "
                  "\"session\"\nwhen_none = \"drop\"\non_failure = \"stay\"\n[[honeypot]]\nname = \"x\"\n",
                  {"[[pool]] 'p' affinity: source to session", "[[pool]] 'p' when_none: inside to drop",
                   "[[pool]] 'p' on_failure: move to stay"}},
             Case{"[[honeypot]]\nname = \"x\"\n",
                  "[[honeypot]]\nname = \"x\"\nmac = \"02:00:00:00:00:09\"\nvlan = 7\nport = "
                  "\"dev:high\"\nweight = 3\ncheck = \"tcp:22\"\n",
                  {"[[honeypot]] 'x' mac: unset to 02:00:00:00:00:09", "[[honeypot]] 'x' vlan: unset to 7",
                   "[[honeypot]] 'x' port: dev:low to dev:high", "[[honeypot]] 'x' weight: 1 to 3",
                   "[[honeypot]] 'x' check: arp to tcp:22"}},
             Case{more + "[[rule]]\nname = \"r\"\naction = \"inside\"\nprotocol = \"tcp\"\n",
                  more +
                      "[[rule]]\nname = \"r\"\naction = \"divert\"\nsource = \"192.0.2.0/24\"\ndestination "
                      "= \"10.1.0.9\"\nprotocol = \"udp\"\nports = \"1-9\"\npool = \"high\"\n",
                  {"[[rule]] 'r' source: unset to 192.0.2.0/24",
                   "[[rule]] 'r' destination: unset to 10.1.0.9/32", "[[rule]] 'r' protocol: tcp to udp",
                   "[[rule]] 'r' ports: unset to 1-9", "[[rule]] 'r' action: inside to divert",
                   "[[rule]] 'r' pool: unset to high"}},
             Case{more,
                  two_pools + "[[list]]\nname = \"l\"\nkind = \"benign\"\nfile = \"/l\"\nprotocol = "
                              "\"tcp\"\nports = 22\n",
                  {"[[list]] 'l' kind: attacker to benign", "[[list]] 'l' file: unset to /l",
                   "[[list]] 'l' protocol: unset to tcp", "[[list]] 'l' ports: unset to 22"}},
             Case{more + "[[auth_log]]\nfile = \"/a\"\nlist = \"l\"\n",
                  more + "[[auth_log]]\nfile = \"/a\"\nlist = \"l\"\nfailures = 9\nwindow = \"1m\"\nlifetime "
                         "= \"2h\"\n",
                  {"[[auth_log]] '/a' failures: 5 to 9", "[[auth_log]] '/a' window: 10m to 1m",
                   "[[auth_log]] '/a' lifetime: 24h to 2h"}},
             Case{more + "[[tier]]\nfrom = \"low\"\nto = \"high\"\nsessions = 5\n",
                  more + "[[tier]]\nfrom = \"low\"\nto = \"high\"\ndestinations = 6\npayload_sessions = "
                         "7\nwindow = \"2h\"\n",
                  {"[[tier]] 'low' to 'high' sessions: 5 to unset",
                   "[[tier]] 'low' to 'high' destinations: unset to 6",
                   "[[tier]] 'low' to 'high' payload_sessions: unset to 7",
                   "[[tier]] 'low' to 'high' window: 1h to 2h"}},
         })
        EXPECT_EQ(texts(sound(before), sound(after)), told) << after;
}

TEST(ConfigDiff, NoLinkChangesWithoutARestart) {
    Config before = sound(two_pools), after = before;
    before.links = {{.name = "west", .outside = before.outside, .inside = before.inside}};
    after.links = {{.name = "west", .outside = before.inside, .inside = before.inside}, before.links[0]};
    after.links[1].name = "east";
    const auto found = differences(before, after);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].what, "[[link]] 'west' outside");
    EXPECT_TRUE(found[0].restart && found[1].restart);
}

TEST(ConfigDiff, RecordsComeAndGoByTheirNames) {
    EXPECT_EQ(texts(sound("[[honeypot]]\nname = \"a\"\n"), sound("[[honeypot]]\nname = \"b\"\n")),
              (Words{"[[honeypot]] 'a' removed: port dev:low, pool default, weight 1, check arp",
                     "[[honeypot]] 'b' added: port dev:low, pool default, weight 1, check arp"}));
}

TEST(ConfigDiff, TheOrderOfRulesIsADifferenceAndThatOfHoneypotsIsNone) {
    const auto rule = [](const std::string& name) {
        return "[[rule]]\nname = \"" + name + "\"\naction = \"inside\"\ndestination = \"10.1.0.9\"\n";
    };
    EXPECT_EQ(texts(sound(two_pools + rule("r") + rule("s") + rule("t")),
                    sound(two_pools + rule("r") + rule("t") + rule("s"))),
              Words{"[[rule]] order: 's', 't' to 't', 's'"});
    const std::string a = "[[honeypot]]\nname = \"a\"\nmac = \"02:00:00:00:00:01\"\n",
                      b = "[[honeypot]]\nname = \"b\"\nmac = \"02:00:00:00:00:02\"\n";
    EXPECT_EQ(texts(sound(a + b), sound(b + a)), Words{});
}

TEST(ConfigDiff, SettingsSayBothValuesAndWhetherTheyNeedARestart) {
    Config before = sound(one_honeypot), after = before;
    after.idle_timeout = Milliseconds{90'000};
    after.session_capacity = 2'000'000;
    EXPECT_EQ(texts(before, after),
              (Words{"[capacity] session_capacity: 1000000 to 2000000 (needs a restart)",
                     "[timeouts] idle_timeout: 1m to 90s"}));
}

TEST(ConfigDiff, OfListsItNamesWhatComesAndGoesAndNotThousands) {
    Config before = sound(one_honeypot), after = before;
    after.dark = {Ipv4Prefix::of({0x0a020000}, 16)};
    EXPECT_EQ(texts(before, after),
              (Words{"[diversion] dark removed: 10.1.0.0/16", "[diversion] dark added: 10.2.0.0/16"}));
    before.dark.clear();
    for (unsigned i = 0; i < 60'000; ++i) after.dark.push_back(Ipv4Prefix::of({0x0b000000 + i * 256}, 24));
    const auto many = texts(before, after);
    ASSERT_EQ(many.size(), 1U);
    EXPECT_LT(many[0].size(), 300U);
    EXPECT_NE(many[0].find(" and 59993 more"), std::string::npos) << many[0];
}

TEST(ConfigDiff, AnAgentsKeyIsNeverSaid) {
    Config before = sound(one_honeypot), after = before;
    Agent agent{.name = "east", .key_file = "/k", .key = {}, .grants = {Ipv4Prefix::of({0x0a020000}, 16)}};
    agent.key.fill('S');
    before.agents.push_back(agent);
    agent.key.fill('T');
    after.agents.push_back(agent);
    EXPECT_EQ(texts(before, after), Words{"[[agent]] 'east' key: another one"});
    EXPECT_EQ(texts(sound(one_honeypot), after),
              Words{"[[agent]] 'east' added: key_file /k, grants 10.2.0.0/16"});
    EXPECT_EQ(texts(before, sound(one_honeypot)),
              Words{"[[agent]] 'east' removed: key_file /k, grants 10.2.0.0/16"});
}

}  // namespace
}  // namespace honeyswitch::control
