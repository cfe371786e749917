#include "control/operator/operator_request.hpp"

#include <array>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/events/event_lines.hpp"
#include "tests/unit/control/operator/asked.hpp"

namespace honeyswitch::control {
namespace {

TEST(OperatorRequest, IsRefusedWithTheReason) {
    const FakeInspect inspect;
    struct Row {
        std::string line, error;
    };
    const std::string no_object = "a request is a JSON object on one line";
    const std::array rows{
        Row{"", no_object},
        Row{"stats", no_object},
        Row{"[]", no_object},
        Row{"\"stats\"", no_object},
        Row{"{\"command\":\"stats\"", no_object},
        Row{"{\"command\":\"stats\"} {}", no_object},
        Row{"{\"command\":\"st\xff\"}", no_object},
        Row{std::string(4000, '['), no_object},
        Row{"{}", "a request needs a command"},
        Row{R"({"command":7})", "command must be a string"},
        Row{R"({"command":"flow"})", "unknown command 'flow'"},
        Row{R"({"command":"stats","colour":1})", "unknown key 'colour'"},
        Row{R"({"command":"sessions","cursor":-1})", "cursor must be an integer from 0 to 4294967295"},
        Row{R"({"command":"sessions","cursor":4294967296})",
            "cursor must be an integer from 0 to 4294967295"},
        Row{R"({"command":"sessions","cursor":"0"})", "cursor must be an integer from 0 to 4294967295"},
        Row{R"({"command":"sessions","limit":0})", "limit must be an integer from 1 to 1000"},
        Row{R"({"command":"sessions","limit":1001})", "limit must be an integer from 1 to 1000"},
        Row{R"({"command":"sessions","limit":1.5})", "limit must be an integer from 1 to 1000"},
        Row{R"({"command":"sessions","source":1})", "source must be a string"},
        Row{R"({"command":"sessions","source":"10.0.0.1/8"})",
            "source: '10.0.0.1/8' has bits below its mask; did you mean 10.0.0.0/8?"},
        Row{R"({"command":"progress","by":"source"})", R"(by must be "port" or "network")"},
        Row{R"({"command":"progress","by":1})", R"(by must be "port" or "network")"},
        Row{R"({"command":"list_entries","list":7})", "list must be a string"},
        Row{R"({"command":"list_add","list":"scanners"})", "list_add needs a list and a prefix"},
        Row{R"({"command":"list_add","prefix":"10.0.0.0/8"})", "list_add needs a list and a prefix"},
        Row{R"({"command":"list_add","prefix":["10.0.0.0/8"]})", "prefix must be a string"},
        Row{R"({"command":"list_remove"})", "list_remove needs a list and a prefix"},
        Row{R"({"command":"subscribe","types":"mode"})", "types must be an array of types of events"},
        Row{R"({"command":"subscribe","types":["session_ends"]})",
            "types: there is no type of events 'session_ends'; did you mean 'session_end'?"},
        Row{R"({"command":"subscribe","follow":1})", "follow must be true or false"},
        Row{R"({"command":"subscribe"})", "8 clients listen to events already, which is all there may be"},
        Row{R"({"command":"list_add","lifetime_ms":0})",
            "lifetime_ms must be an integer from 1 to 315360000000"},
        Row{R"({"command":"list_add","lifetime_ms":315360000001})",
            "lifetime_ms must be an integer from 1 to 315360000000"},
    };
    for (const auto& [line, error] : rows) EXPECT_EQ(ask(inspect, line), (json{{"error", error}})) << line;
    EXPECT_EQ(inspect.reads, 0U);
}

TEST(OperatorRequest, ShowsASession) {
    FakeInspect inspect;
    inspect.session_rows = {session_row(17, "198.51.100.7", "10.1.2.3")};
    inspect.session_rows[0].progress = dataplane::Step::payload;
    auto& path = inspect.session_rows[0].stats.path;
    path.tag_count = 1;
    path.tags[0] = {Be16::from_host(0x8100), Be16::from_host(0x2064)};
    EXPECT_EQ(ask(inspect, R"({"command":"sessions"})"), json::parse(R"({"next":null,"rows":[{
        "flow":17,"protocol":6,"kind":"ports","source":"198.51.100.7","source_port":40000,
        "destination":"10.1.2.3","destination_port":22,"honeypot":"main","progress":"payload","duration_ms":61000,"idle_ms":500,
        "packets_in":5,"bytes_in":420,"packets_out":4,"bytes_out":340,
        "source_mac":"02:00:00:00:00:01","destination_mac":"02:00:00:00:00:02",
        "tags":[{"tpid":33024,"vlan":100}]}]})"));
}

TEST(OperatorRequest, ShowsWhatIcmpAndFragmentsHaveInsteadOfPorts) {
    FakeInspect inspect;
    inspect.session_rows = {session_row(0, "198.51.100.7", "10.1.2.3"),
                            session_row(1, "198.51.100.7", "10.1.2.3")};
    inspect.session_rows[0].stats.key.protocol = 1;
    inspect.session_rows[1].stats.key = dataplane::companion_of(inspect.session_rows[1].stats.key);
    const auto rows = ask(inspect, R"({"command":"sessions"})")["rows"];
    EXPECT_EQ(rows[0]["identifier"], 40'000);
    EXPECT_FALSE(rows[0].contains("source_port"));
    EXPECT_EQ(rows[1]["kind"], "portless");
    EXPECT_FALSE(rows[1].contains("source_port"));
}

TEST(OperatorRequest, GoesThroughSessionsPageByPage) {
    FakeInspect inspect;
    for (std::uint32_t i = 0; i < 2'500; ++i)
        inspect.session_rows.push_back(
            session_row(i, i % 2 == 0 ? "198.51.100.7" : "203.0.113.9", "10.1.2.3"));
    std::vector<std::uint32_t> flows;
    json request{{"command", "sessions"}, {"source", "203.0.113.0/24"}};
    do {
        const auto response = ask(inspect, request.dump());
        EXPECT_LE(response["rows"].size(), default_rows);
        for (const auto& row : response["rows"]) flows.push_back(row["flow"]);
        request["cursor"] = response["next"];
    } while (!request["cursor"].is_null());
    ASSERT_EQ(flows.size(), 1'250U);
    for (std::uint32_t i = 0; i < flows.size(); ++i) EXPECT_EQ(flows[i], 2 * i + 1);
    EXPECT_EQ(inspect.longest_page, default_rows);
    EXPECT_TRUE(ask(inspect, R"({"command":"sessions","cursor":2500})")["rows"].empty());
}

TEST(OperatorRequest, GoesThroughTheActiveAddressesOfAPrefix) {
    FakeInspect inspect;
    for (const char* const text : {"10.0.0.9", "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.2.0.1"})
        inspect.active_rows.push_back({address(text), {"agent:east", "static"}, at(2'000)});
    const auto first = ask(inspect, R"({"command":"active","destination":"10.1.0.0/16","limit":2})");
    ASSERT_EQ(first["rows"].size(), 2U);
    EXPECT_EQ(first["rows"][0], json::parse(R"({"address":"10.1.0.1","vouchers":["agent:east","static"],
        "duration_ms":60000})"));
    const json rest{{"command", "active"}, {"destination", "10.1.0.0/16"}, {"cursor", first["next"]}};
    const auto second = ask(inspect, rest.dump());
    ASSERT_EQ(second["rows"].size(), 1U);
    EXPECT_EQ(second["rows"][0]["address"], "10.1.0.3");
    EXPECT_TRUE(second["next"].is_null());
}

TEST(OperatorRequest, ShowsDomainsAgentsAndStats) {
    FakeInspect inspect;
    inspect.domain_rows = {{prefix("10.1.0.0/24"), DomainState::known, {"east"}, 80, 7, at(1'000)},
                           {prefix("10.9.0.0/20"), DomainState::dark, {}, 0, 1, at(0)}};
    inspect.agent_rows = {{"east", true, "192.0.2.1:40000", {prefix("10.1.0.0/24")}, at(61'000), 12, 3},
                          {"west", false, "", {}, std::nullopt, 0, 0}};
    inspect.stats_row.now = at(62'000);
    inspect.stats_row.counters = {{"rx", "Packets.", 9, "packets", "sent"}};
    inspect.stats_row.ports = {
        {.name = "outside", .link = "link", .device = "dev:\xff", .driver = "net_af_xdp", .link_up = true}};
    inspect.stats_row.honeypots = {{.name = "main"}, {.name = "b"}};
    inspect.stats_row.containment = Containment::limited;
    inspect.stats_row.handshake_now = true;
    inspect.stats_row.high_water = 800;
    inspect.stats_row.sources = 3;
    inspect.stats_row.reputation_capacity = 64;
    EXPECT_EQ(ask(inspect, R"({"command":"domains","destination":"10.1.0.0/16"})"),
              json::parse(R"({"next":null,"rows":[{"prefix":"10.1.0.0/24","state":"known","agents":["east"],
                  "active":80,"sessions":7,"duration_ms":61000}]})"));
    const auto first = ask(inspect, R"({"command":"domains","limit":1})");
    ASSERT_EQ(first["rows"].size(), 1U);
    const json rest{{"command", "domains"}, {"cursor", first["next"]}};
    EXPECT_EQ(ask(inspect, rest.dump())["rows"][0]["prefix"], "10.9.0.0/20");
    const auto all_of_it = ask(inspect, R"({"command":"domains","limit":1,"destination":"10.1.0.0/16"})");
    EXPECT_TRUE(all_of_it["next"].is_null());
    for (const char* const within : {"10.1.0.0/28", "10.1.0.7/32", "10.1.0.0/24"}) {
        const json lies_in{{"command", "domains"}, {"destination", within}, {"limit", 1}};
        const auto found = ask(inspect, lies_in.dump())["rows"];
        ASSERT_EQ(found.size(), 1U) << within;
        EXPECT_EQ(found[0]["prefix"], "10.1.0.0/24");
    }
    EXPECT_EQ(ask(inspect, R"({"command":"agents"})"), json::parse(R"({"next":null,"rows":[
        {"name":"east","connected":true,"endpoint":"192.0.2.1:40000","domains":["10.1.0.0/24"],
         "silent_ms":1000,"notices":12,"refused":3},
        {"name":"west","connected":false,"endpoint":"","domains":[],"silent_ms":null,"notices":0,
         "refused":0}]})"));
    const auto stats = ask(inspect, R"({"command":"stats"})")["rows"][0];
    EXPECT_EQ(stats["uptime_ms"], 62'000);
    EXPECT_EQ(stats["idle_timeout_ms"], 60'000);
    EXPECT_EQ(stats["containment"], "limited");
    EXPECT_EQ(stats["admission"], "auto");
    EXPECT_EQ(stats["handshake_now"], true);
    EXPECT_EQ(stats["high_water"], 800);
    EXPECT_EQ(stats["low_water"], 0);
    EXPECT_EQ(stats["pending_capacity"], 0);
    EXPECT_EQ(stats["sources"], 3);
    EXPECT_EQ(stats["source_capacity"], 0);
    EXPECT_EQ(stats["reputations"], 0);
    EXPECT_EQ(stats["reputation_capacity"], 64);
    EXPECT_EQ(stats["counters"],
              json::parse(R"([{"name":"rx","help":"Packets.","value":9,"unit":"packets","fate":"sent"}])"));
    EXPECT_EQ(stats["honeypots"].size(), 2U);
    EXPECT_EQ(stats["honeypots"][1]["name"], "b");
    EXPECT_EQ(stats["ports"][0]["device"], "dev:\xef\xbf\xbd");  // a name need not be UTF-8
}

TEST(OperatorRequest, ShowsHoneypotsAndPools) {
    FakeInspect inspect;
    inspect.honeypot_rows = {{.name = "main",
                              .mac = parse_mac("02:00:00:00:00:66").value(),
                              .pool = "low",
                              .port = "dev:eth2",
                              .vlan = 12,
                              .weight = 3,
                              .state = HoneypotState::up,
                              .sessions = 7},
                             {.name = "b", .pool = "high", .port = "dev:eth3", .state = HoneypotState::down},
                             {.name = "c", .pool = "high", .port = "dev:eth3"}};
    inspect.pool_rows = {{"low", Affinity::source, 1, 1, 7}, {"high", Affinity::session, 0, 2, 0}};
    EXPECT_EQ(ask(inspect, R"({"command":"honeypots"})"), json::parse(R"({"next":null,"rows":[
        {"name":"main","mac":"02:00:00:00:00:66","pool":"low","port":"dev:eth2","vlan":12,"weight":3,
         "state":"up","sessions":7},
        {"name":"b","mac":null,"pool":"high","port":"dev:eth3","vlan":null,"weight":1,"state":"down",
         "sessions":0},
        {"name":"c","mac":null,"pool":"high","port":"dev:eth3","vlan":null,"weight":1,"state":"unknown",
         "sessions":0}]})"));
    EXPECT_EQ(ask(inspect, R"({"command":"pools"})"), json::parse(R"({"next":null,"rows":[
        {"name":"low","affinity":"source","honeypots_up":1,"honeypots":1,"sessions":7},
        {"name":"high","affinity":"session","honeypots_up":0,"honeypots":2,"sessions":0}]})"));
}

TEST(OperatorRequest, ShowsRulesPageByPage) {
    FakeInspect inspect;
    inspect.rule_rows = {{"partners", Rule::Action::inside, "", 9}, {"web", Rule::Action::pool, "high", 1}};
    EXPECT_EQ(ask(inspect, R"({"command":"rules","limit":1})"), json::parse(R"({"next":1,"rows":[
        {"name":"partners","action":"inside","pool":null,"packets":9}]})"));
    EXPECT_EQ(ask(inspect, R"({"command":"rules","cursor":1})"), json::parse(R"({"next":null,"rows":[
        {"name":"web","action":"pool","pool":"high","packets":1}]})"));
}

TEST(OperatorRequest, ShowsListsAndTheirEntries) {
    FakeInspect inspect;
    inspect.list_rows = {{"scanners", SourceList::Kind::attacker, "/etc/s", 1},
                         {"research", SourceList::Kind::benign, "", 1}};
    inspect.entry_rows = {{"research", prefix("192.0.2.0/24"), {"operator"}, {}},
                          {"scanners", prefix("198.51.100.7/32"), {"auth_log", "file"}, Milliseconds{5'000}}};
    EXPECT_EQ(ask(inspect, R"({"command":"lists"})"), json::parse(R"({"next":null,"rows":[
        {"name":"scanners","kind":"attacker","file":"/etc/s","entries":1},
        {"name":"research","kind":"benign","file":null,"entries":1}]})"));
    EXPECT_EQ(ask(inspect, R"({"command":"list_entries"})")["rows"].size(), 2U);
    EXPECT_EQ(ask(inspect, R"({"command":"list_entries","list":"scanners"})"),
              json::parse(R"({"next":null,"rows":[{"list":"scanners","prefix":"198.51.100.7/32",
                  "origins":["auth_log","file"],"remaining_ms":5000}]})"));
    EXPECT_EQ(ask(inspect, R"({"command":"list_entries","list":"scanner"})"),
              (json{{"error", "there is no list 'scanner'"}}));
    EXPECT_EQ(ask(inspect, R"({"command":"list_entries","list":"scanners","limit":1})"),
              json::parse(R"({"next":1,"rows":[]})"));
}

TEST(OperatorRequest, ReportsHowFarAttackersCome) {
    FakeInspect inspect;
    inspect.progress_rows = {
        {.protocol = 6, .port = 22, .steps = {10, 9, 5, 2}},
        {.by = ProgressBy::network, .network = prefix("198.51.0.0/16"), .steps = {10, 8, 0, 0}}};
    inspect.report_totals = {20, 17, 5, 2};
    const auto first = ask(inspect, R"({"command":"progress"})");
    EXPECT_TRUE(first["rows"].empty());
    EXPECT_EQ(first["next"], 1);
    EXPECT_EQ(ask(inspect, R"({"command":"progress","cursor":1})"), json::parse(R"({"next":null,"rows":[
        {"protocol":6,"port":22,"first_packet":10,"answered":9,"handshake":5,"payload":2}],
        "totals":{"first_packet":20,"answered":17,"handshake":5,"payload":2}})"));
    EXPECT_EQ(ask(inspect, R"({"command":"progress","by":"network","cursor":1})")["rows"],
              json::parse(R"([{"network":"198.51.0.0/16","first_packet":10,"answered":8,"handshake":0,
                  "payload":0}])"));
}

TEST(OperatorPeer, MayWhatItsGroupsMay) {
    const OperatorGroups none, both{.change = 100, .read = 200}, reading{.change = {}, .read = 200};
    const OperatorPeer root{.uid = 0}, changer{.uid = 77'777, .groups = {5, 100}},
        reader{.uid = 77'777, .groups = {200}}, stranger{.uid = 77'777, .groups = {5}};
    EXPECT_EQ(stranger.right(none), OperatorRight::change) << "whom the file's mode lets in";
    EXPECT_EQ(root.right(both), OperatorRight::change);
    EXPECT_EQ(changer.right(both), OperatorRight::change);
    EXPECT_EQ(reader.right(both), OperatorRight::read);
    EXPECT_EQ(stranger.right(both), OperatorRight::none);
    EXPECT_EQ(changer.right(reading), OperatorRight::none);
    EXPECT_EQ(OperatorGroups::find("no such group here", "").error().message(),
              "cannot let the group of [operator] group in: no such group here: there is no such group");
    EXPECT_EQ(OperatorGroups::find("", "root")->read, gid_t{0});
}

}  // namespace
}  // namespace honeyswitch::control
