// The flows of the switch, as honeyctl prints them in the words of Open vSwitch.
#include "tests/unit/tools/honeyctl/honeyctl_fixture.hpp"

namespace honeyswitch::honeyctl {
namespace {

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

TEST_F(Honeyctl, PrintsTheVlanOfAHoneypot) {
    inspect.honeypot_rows[0].vlan = 12;
    EXPECT_NE(run("flows").find("actions=mod_dl_dst:02:00:00:00:00:66,push_vlan:0x8100,mod_vlan_vid:12,"
                                "output:honeypot\n"),
              std::string::npos);
}

TEST_F(Honeyctl, PrintsTheWayBackOnRequest) {
    auto& path = inspect.session_rows[0].stats.path;
    path.tag_count = 2;
    path.tags[0] = {Be16::from_host(0x88a8), Be16::from_host(7)};
    path.tags[1] = {Be16::from_host(0x8100), Be16::from_host(100)};
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
    inspect.honeypot_rows[0].mac.reset();
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
    key.outside_port = Be16::from_host(9);
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

TEST_F(Honeyctl, NamesThePortThatAHoneypotIsBehind) {
    auto second = main_honeypot();
    second.name = "second";
    second.port = "dev:h2";
    inspect.honeypot_rows.push_back(second);
    const auto port = [](const char* name, const char* device) {
        control::PortRow row;
        row.name = name;
        row.device = device;
        return row;
    };
    inspect.stats_row.ports = {port("outside", "dev:o"), port("honeypot", "dev:h"),
                               port("honeypot2", "dev:h2")};
    inspect.session_rows.push_back(session_row(18, "198.51.100.9", "10.1.2.3"));
    inspect.session_rows[1].honeypot = "second";
    selection.replies = true;
    const auto text = run("flows");
    EXPECT_TRUE(text.contains("priority=0,in_port=honeypot2 actions=drop\n")) << text;
    EXPECT_TRUE(
        text.contains("nw_src=198.51.100.7,nw_dst=10.1.2.3,tp_src=40000,tp_dst=22 "
                      "actions=mod_dl_dst:02:00:00:00:00:66,output:honeypot\n"))
        << text;
    EXPECT_TRUE(
        text.contains("nw_src=198.51.100.9,nw_dst=10.1.2.3,tp_src=40000,tp_dst=22 "
                      "actions=mod_dl_dst:02:00:00:00:00:66,output:honeypot2\n"))
        << text;
    EXPECT_TRUE(text.contains("in_port=honeypot2,nw_src=10.1.2.3,nw_dst=198.51.100.9")) << text;
}

}  // namespace
}  // namespace honeyswitch::honeyctl
