// What honeyctl prints, over the requests that the switch really answers.
#include <gtest/gtest.h>

#include "control/operator_request.hpp"
#include "tests/unit/fake_inspect.hpp"
#include "tools/honeyctl/commands.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

using control::at;
using control::prefix;
using control::session_row;

class Honeyctl : public testing::Test {
  protected:
    Honeyctl() {
        inspect.stats_row.now = at(62'500);
        inspect.stats_row.started = at(0);
        inspect.stats_row.honeypots = {{"main", agent::parse_mac("02:00:00:00:00:66").value()}};
        inspect.session_rows = {session_row(17, "198.51.100.7", "10.1.2.3")};
        inspect.active_rows = {{control::address("10.1.0.5"), {"agent:east"}, at(2'000)}};
        inspect.domain_rows = {
            {prefix("10.1.0.0/16"), control::DomainState::known, {"east"}, 1, 1, at(1'000)},
            {prefix("10.1.8.0/24"), control::DomainState::unknown, {}, 0, 0, at(1'000)},
            {prefix("10.2.0.0/16"), control::DomainState::unknown, {}, 0, 0, at(1'000)},
            {prefix("10.9.0.0/20"), control::DomainState::dark, {}, 0, 0, at(0)}};
    }

    std::string run(std::string_view name) {
        std::string printed;
        const Sink sink = [&](std::string_view text) {
            printed += text;
            return printed.size() < reader_leaves_after;
        };
        const Ask ask = [&](const Json& request) -> std::expected<Json, std::string> {
            ++asked;
            return Json::parse(control::answer(request.dump(), inspect, at(62'500)));
        };
        for (const auto& command : commands())
            if (command.name == name) {
                const auto done = understood([&] { return command.run(ask, selection, sink); });
                return done ? printed : "error: " + done.error();
            }
        return "no such command";
    }

    control::FakeInspect inspect;
    Selection selection;
    std::size_t reader_leaves_after = SIZE_MAX;
    std::size_t asked = 0;
};

TEST_F(Honeyctl, PrintsFlowsAsOpenVSwitchDoes) {
    EXPECT_EQ(run("flows"),
              " cookie=0x0, duration=62.5s, table=0, priority=0,in_port=inside actions=output:outside\n"
              " cookie=0x0, duration=62.5s, table=0, priority=0,in_port=honeypot actions=drop\n"
              " cookie=0x0, duration=62.5s, table=0, priority=0,in_port=outside actions=output:inside\n"
              " cookie=0x0, duration=61.5s, table=0, priority=1,ip,in_port=outside,nw_dst=10.1.0.0/16 "
              "actions=CONTROLLER:65535\n"
              " cookie=0x0, duration=61.5s, table=0, priority=1,ip,in_port=outside,nw_dst=10.1.8.0/24 "
              "actions=output:inside\n"
              " cookie=0x0, duration=62.5s, table=0, priority=1,ip,in_port=outside,nw_dst=10.9.0.0/20 "
              "actions=CONTROLLER:65535\n"
              " cookie=0x0, duration=60.5s, table=0, priority=2,ip,in_port=outside,nw_dst=10.1.0.5 "
              "actions=output:inside\n"
              " cookie=0x11, duration=61.5s, table=0, n_packets=5, n_bytes=420, idle_timeout=60, idle_age=1, "
              "priority=3,tcp,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,tp_src=40000,tp_dst=22 "
              "actions=mod_dl_dst:02:00:00:00:00:66,output:honeypot\n");
}

TEST_F(Honeyctl, PrintsTheHoneypotsDefaultFlowOfThePaperWhenItIsOpen) {
    inspect.stats_row.containment = control::Containment::open;
    EXPECT_NE(run("flows").find("priority=0,in_port=honeypot actions=output:outside\n"), std::string::npos);
}

TEST_F(Honeyctl, PrintsTheWayBackOnRequest) {
    auto& path = inspect.session_rows[0].stats.path;
    path.tag_count = 2;
    path.tags[0] = {dataplane::Be16::from_host(0x88a8), dataplane::Be16::from_host(7)};
    path.tags[1] = {dataplane::Be16::from_host(0x8100), dataplane::Be16::from_host(100)};
    selection.replies = true;
    selection.source = prefix("198.51.100.0/24");
    const auto text = run("flows");
    EXPECT_EQ(text.substr(text.find('\n') + 1),
              " cookie=0x11, duration=61.5s, table=0, n_packets=4, n_bytes=340, idle_timeout=60, idle_age=1, "
              "priority=3,tcp,in_port=honeypot,nw_src=10.1.2.3,nw_dst=198.51.100.7,tp_src=22,tp_dst=40000 "
              "actions=mod_dl_src:02:00:00:00:00:02,mod_dl_dst:02:00:00:00:00:01,push_vlan:0x8100,"
              "mod_vlan_vid:100,push_vlan:0x88a8,mod_vlan_vid:7,output:outside\n");
}

TEST_F(Honeyctl, PrintsWhatOtherProtocolsMatch) {
    inspect.stats_row.honeypots = {{"main", std::nullopt}};
    selection.source = prefix("198.51.100.7/32");
    auto& key = inspect.session_rows[0].stats.key;
    const auto match = [&] {
        const auto text = run("flows");
        const auto begin = text.find("priority=3,");
        return text.substr(begin + 11, text.size() - begin - 12);
    };
    key.protocol = 17;
    EXPECT_EQ(match(),
              "udp,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,tp_src=40000,tp_dst=22 "
              "actions=output:honeypot");
    key = dataplane::companion_of(key);
    EXPECT_EQ(match(),
              "udp,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,nw_frag=later "
              "actions=output:honeypot");
    key.protocol = 47;
    EXPECT_EQ(match(),
              "ip,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,nw_proto=47 "
              "actions=output:honeypot");
    key.kind = dataplane::KeyKind::ports;
    key.protocol = 1;
    key.outside_port = dataplane::Be16::from_host(9);
    EXPECT_EQ(match(),
              "icmp,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,icmp_id=9 "
              "actions=output:honeypot");
}

TEST_F(Honeyctl, FiltersFlowsByTheirMatch) {
    inspect.session_rows.push_back(session_row(18, "203.0.113.9", "10.9.0.1"));
    const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
    EXPECT_EQ(lines(run("flows")), 9);
    selection.destination = prefix("10.9.0.0/16");
    EXPECT_EQ(lines(run("flows")), 2);  // the dark prefix and a session
    selection.destination = {};
    selection.source = prefix("203.0.113.0/24");
    EXPECT_EQ(lines(run("flows")), 1);  // a session
    selection.source = {};
    selection.limit = 4;
    EXPECT_EQ(lines(run("flows")), 4);
}

TEST_F(Honeyctl, PrintsOneJsonDocument) {
    selection.json = true;
    for (const char* const command : {"flows", "sessions", "active", "domains", "agents", "stats"}) {
        const auto document = Json::parse(run(command), nullptr, false);
        EXPECT_TRUE(command == std::string_view("stats") ? document.is_object() : document.is_array())
            << command;
    }
    const auto flows = Json::parse(run("flows"));
    EXPECT_EQ(flows.back(), Json::parse(R"({"priority":3,"cookie":17,
        "match":"tcp,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,tp_src=40000,tp_dst=22",
        "actions":"mod_dl_dst:02:00:00:00:00:66,output:honeypot","duration_ms":61500,
        "idle_timeout_ms":60000,"idle_ms":1000,"n_packets":5,"n_bytes":420})"));
    EXPECT_TRUE(flows.front()["n_packets"].is_null());
    selection.limit = 2;
    EXPECT_EQ(Json::parse(run("flows")).size(), 2U);
    EXPECT_EQ(run("agents"), "[]\n");
}

TEST_F(Honeyctl, PrintsSessions) {
    EXPECT_EQ(run("sessions"),
              "    FLOW  PROTO  SOURCE           SPORT  DESTINATION      DPORT  HONEYPOT    DURATION    IDLE"
              "         IN      BYTES IN        OUT     BYTES OUT\n"
              "      17  tcp    198.51.100.7     40000  10.1.2.3            22  main           1m01s      1s"
              "          5           420          4           340\n");
}

TEST_F(Honeyctl, PrintsActiveAddressesDomainsAndAgents) {
    inspect.agent_rows = {{"east", true, "192.0.2.1:40000", {prefix("10.1.0.0/16")}, at(61'000), 12, 3},
                          {"west", false, "", {}, std::nullopt, 0, 0}};
    EXPECT_EQ(run("active"),
              "ADDRESS          DURATION  VOUCHERS\n"
              "10.1.0.5            1m00s  agent:east\n");
    EXPECT_EQ(run("domains"),
              "PREFIX       STATE    ACTIVE  SESSIONS  DURATION  AGENTS\n"
              "10.1.0.0/16  known         1         1     1m01s  east\n"
              "10.1.8.0/24  unknown       0         0     1m01s  -\n"
              "10.2.0.0/16  unknown       0         0     1m01s  -\n"
              "10.9.0.0/20  dark          0         0     1m02s  -\n");
    EXPECT_EQ(run("agents"),
              "NAME  CONNECTED  ENDPOINT         SILENT  NOTICES  REFUSED  DOMAINS\n"
              "east  yes        192.0.2.1:40000      1s       12        3  10.1.0.0/16\n"
              "west  no         -                     -        0        0  -\n");
}

TEST_F(Honeyctl, PrintsStats) {
    inspect.stats_row.sessions = 1;
    inspect.stats_row.session_capacity = 1'000;
    inspect.stats_row.active = 1;
    inspect.stats_row.sighting_capacity = 4'096;
    inspect.stats_row.counters = {{"rx_bad", "Frames that cannot be parsed.", 12}};
    inspect.stats_row.ports = {{.name = "outside",
                                .device = "dev:o",
                                .driver = "net_af_xdp",
                                .link_up = true,
                                .rx_packets = 1,
                                .rx_bytes = 60}};
    EXPECT_EQ(run("stats"),
              "up 1m02s, 1 of 1000 sessions, 1 active addresses, 0 of 4096 sightings\n"
              "idle timeout 1m00s, containment session\n"
              "honeypot main at 02:00:00:00:00:66\n"
              "\n"
              "PORT     DEVICE  DRIVER      LINK  RX PACKETS  RX BYTES  RX MISSED  RX NO BUFFER  TX PACKETS  "
              "TX BYTES  "
              "TX DROPPED\n"
              "outside  dev:o   net_af_xdp  up             1        60          0             0           0  "
              "       0  "
              "         0\n"
              "\n"
              "COUNTER  VALUE  MEANING\n"
              "rx_bad      12  Frames that cannot be parsed.\n");
}

TEST_F(Honeyctl, ShowsRatesBetweenTwoReadings) {
    selection.json = true;
    inspect.stats_row.counters = {{"a", "A.", 100}, {"b", "B.", 7}};
    const auto before = Json::parse(run("stats"));
    inspect.stats_row.counters = {{"a", "A.", 350}, {"b", "B.", 3}, {"c", "C.", 1}};
    const auto text = stats_text(Json::parse(run("stats")), &before, 2.5);
    EXPECT_NE(text.find("COUNTER  VALUE  PER SECOND  MEANING\n"
                        "a          350         100  A.\n"
                        "b            3           -  B.\n"
                        "c            1           -  C.\n"),
              std::string::npos)
        << text;
}

TEST_F(Honeyctl, StopsAskingWhenNobodyReads) {
    for (std::uint32_t i = 0; i < 10'000; ++i)
        inspect.session_rows.push_back(session_row(i, "198.51.100.7", "10.1.2.3"));
    reader_leaves_after = 1'000;
    EXPECT_LT(run("sessions").size(), 2'000U);
    EXPECT_EQ(asked, 1U);
}

TEST(HoneyctlAnswers, OfTheWrongShapeAreErrors) {
    for (const char* const answer :
         {"{}", R"({"rows":[{}],"next":null})", R"({"rows":[{"uptime_ms":"x"}],"next":null})",
          R"({"rows":7,"next":null})"}) {
        const Ask ask = [&](const Json&) -> std::expected<Json, std::string> { return Json::parse(answer); };
        for (const auto& command : commands()) {
            const auto done =
                understood([&] { return command.run(ask, {}, [](std::string_view) { return true; }); });
            ASSERT_FALSE(done) << command.name << " " << answer;
            EXPECT_TRUE(done.error().starts_with("the switch's answer is not understood")) << done.error();
        }
    }
}

TEST(HoneyctlTable, SaysDurationsBriefly) {
    EXPECT_EQ(brief_duration(850), "850ms");
    EXPECT_EQ(brief_duration(59'999), "59s");
    EXPECT_EQ(brief_duration(185'000), "3m05s");
    EXPECT_EQ(brief_duration(7'620'000), "2h07m");
    EXPECT_EQ(brief_duration(385'200'000), "4d11h");
}

}  // namespace
}  // namespace honeyswitch::honeyctl
