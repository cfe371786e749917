#include "control/operator_request.hpp"

#include <array>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/fake_inspect.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

json ask(const Inspect& inspect, const std::string& line, TimePoint now = at(62'000)) {
    const auto response = answer(line, inspect, now);
    EXPECT_EQ(response.find('\n'), response.size() - 1) << response;
    return json::parse(response);
}

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
    };
    for (const auto& [line, error] : rows) EXPECT_EQ(ask(inspect, line), (json{{"error", error}})) << line;
    EXPECT_EQ(inspect.reads, 0U);
}

TEST(OperatorRequest, ShowsASession) {
    FakeInspect inspect;
    inspect.session_rows = {session_row(17, "198.51.100.7", "10.1.2.3")};
    auto& path = inspect.session_rows[0].stats.path;
    path.tag_count = 1;
    path.tags[0] = {dataplane::Be16::from_host(0x8100), dataplane::Be16::from_host(0x2064)};
    EXPECT_EQ(ask(inspect, R"({"command":"sessions"})"), json::parse(R"({"next":null,"rows":[{
        "flow":17,"protocol":6,"kind":"ports","source":"198.51.100.7","source_port":40000,
        "destination":"10.1.2.3","destination_port":22,"honeypot":"main","duration_ms":61000,"idle_ms":500,
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
    inspect.stats_row.counters = {{"rx", "Packets.", 9}};
    inspect.stats_row.ports = {
        {.name = "outside", .device = "dev:\xff", .driver = "net_af_xdp", .link_up = true}};
    inspect.stats_row.honeypots = {{"main", agent::parse_mac("02:00:00:00:00:66").value()},
                                   {"b", std::nullopt}};
    EXPECT_EQ(ask(inspect, R"({"command":"domains","destination":"10.1.0.0/16"})"),
              json::parse(R"({"next":null,"rows":[{"prefix":"10.1.0.0/24","state":"known","agents":["east"],
                  "active":80,"sessions":7,"duration_ms":61000}]})"));
    EXPECT_EQ(ask(inspect, R"({"command":"agents"})"), json::parse(R"({"next":null,"rows":[
        {"name":"east","connected":true,"endpoint":"192.0.2.1:40000","domains":["10.1.0.0/24"],
         "silent_ms":1000,"notices":12,"refused":3},
        {"name":"west","connected":false,"endpoint":"","domains":[],"silent_ms":null,"notices":0,
         "refused":0}]})"));
    const auto stats = ask(inspect, R"({"command":"stats"})")["rows"][0];
    EXPECT_EQ(stats["uptime_ms"], 62'000);
    EXPECT_EQ(stats["idle_timeout_ms"], 60'000);
    EXPECT_EQ(stats["containment"], "session");
    EXPECT_EQ(stats["counters"], json::parse(R"([{"name":"rx","help":"Packets.","value":9}])"));
    EXPECT_EQ(stats["honeypots"],
              json::parse(R"([{"name":"main","mac":"02:00:00:00:00:66"},{"name":"b","mac":null}])"));
    EXPECT_EQ(stats["ports"][0]["device"], "dev:\xef\xbf\xbd");  // a name need not be UTF-8
}

}  // namespace
}  // namespace honeyswitch::control
