// What honeyctl prints beside flows.
#include "tests/unit/tools/honeyctl/honeyctl_fixture.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

TEST_F(Honeyctl, PrintsOneJsonDocumentOfOneShape) {
    selection.json = true;
    selection.now = WallTime{std::chrono::milliseconds{1'764'043'200'250}};
    for (const char* const command :
         {"flows", "sessions", "active", "domains", "agents", "honeypots", "pools", "rules", "lists", "logs",
          "list show", "stats", "ports", "progress"}) {
        const auto document = Json::parse(run(command), nullptr, false);
        ASSERT_TRUE(document.is_object() && document["rows"].is_array()) << command;
        EXPECT_EQ(document["time"], "2025-11-25T04:00:00.250Z") << command;
    }
    const auto flows = Json::parse(run("flows"))["rows"];
    EXPECT_EQ(flows.back(), Json::parse(R"({"priority":3,"cookie":17,
        "match":"tcp,in_port=outside,nw_src=198.51.100.7,nw_dst=10.1.2.3,tp_src=40000,tp_dst=22",
        "actions":"mod_dl_dst:02:00:00:00:00:66,output:honeypot","duration_ms":61500,
        "since":"2025-11-25T03:58:58.750Z","last_seen":"2025-11-25T03:59:59.250Z",
        "idle_timeout_ms":60000,"idle_ms":1000,"n_packets":5,"n_bytes":420})"));
    EXPECT_TRUE(flows.front()["n_packets"].is_null());
    selection.limit = 2;
    EXPECT_EQ(Json::parse(run("flows"))["rows"].size(), 2U);
    EXPECT_EQ(run("agents"), "{\"time\":\"2025-11-25T04:00:00.250Z\",\"rows\":[]}\n");
}

TEST_F(Honeyctl, SaysWallClockTimesBesideDurations) {
    selection.json = true;
    selection.now = WallTime{std::chrono::milliseconds{1'764'043'200'000}};
    inspect.agent_rows = {{"east", true, "192.0.2.1:40000", {}, at(61'000), 12, 3},
                          {"west", false, "", {}, std::nullopt, 0, 0}};
    inspect.list_rows = {{"scanners", control::SourceList::Kind::attacker, "", 1}};
    inspect.entry_rows = {{"scanners", prefix("192.0.2.0/24"), {"operator"}, Milliseconds{3'600'000}}};
    const auto agents = Json::parse(run("agents"))["rows"];
    EXPECT_EQ(agents[0]["last_heard"], "2025-11-25T03:59:58.500Z");
    EXPECT_TRUE(agents[1]["last_heard"].is_null());
    EXPECT_EQ(Json::parse(run("stats"))["rows"][0]["started"], "2025-11-25T03:58:57.500Z");
    EXPECT_EQ(Json::parse(run("list show"))["rows"][0]["until"], "2025-11-25T05:00:00.000Z");
}

TEST_F(Honeyctl, FindsTheDomainsThatAnAddressLiesIn) {
    selection.destination = prefix("10.1.8.9/32");
    const auto text = run("domains");
    EXPECT_TRUE(text.contains("10.1.0.0/16") && text.contains("10.1.8.0/24")) << text;
    EXPECT_FALSE(text.contains("10.2.0.0/16") || text.contains("10.9.0.0/20")) << text;
    EXPECT_TRUE(run("flows").contains("nw_dst=10.1.8.0/24 actions=output:inside"));
}

TEST_F(Honeyctl, PrintsLogs) {
    inspect.log_rows = {
        {.file = "/var/log/auth.log", .list = "ssh", .lines = 9, .of_sshd = 7, .failures = 5, .listed = 1},
        {.file = "/x", .list = "ssh", .trouble = "No such file or directory"}};
    EXPECT_EQ(run("logs"),
              "LIST  LINES  OF SSHD  FAILURES  LISTED  TROUBLE                    FILE\n"
              "ssh       9        7         5       1  -                          /var/log/auth.log\n"
              "ssh       0        0         0       0  No such file or directory  /x\n");
}

TEST_F(Honeyctl, PrintsSessions) {
    inspect.session_rows[0].progress = dataplane::Step::handshake;
    EXPECT_EQ(run("sessions"),
              "    FLOW  PROTO  SOURCE           SPORT  DESTINATION      DPORT  HONEYPOT    PROGRESS      "
              "DURATION    IDLE"
              "         IN      BYTES IN        OUT     BYTES OUT\n"
              "      17  tcp    198.51.100.7     40000  10.1.2.3            22  main        handshake        "
              "1m01s      1s"
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
    inspect.stats_row.high_water = 800;
    inspect.stats_row.low_water = 600;
    inspect.stats_row.pending_capacity = 16;
    inspect.stats_row.source_capacity = 64;
    inspect.stats_row.reputation_capacity = 32;
    inspect.stats_row.counters = {{"rx_bad", "Frames that cannot be parsed.", 12}};
    inspect.stats_row.ports = {{.name = "outside",
                                .link = "west",
                                .device = "dev:o",
                                .driver = "net_af_xdp",
                                .link_up = true,
                                .mtu = 1600,
                                .rx_packets = 1,
                                .rx_bytes = 60,
                                .rx_missed = 1,
                                .rx_no_buffer = 2,
                                .rx_too_long = 3,
                                .rx_crc = 9,
                                .rx_errors = 4,
                                .rx_dropped = 5,
                                .tx_packets = 7,
                                .tx_dropped = 6,
                                .tx_lost = 8}};
    const std::string shown_ports =
        "PORT     OF LINK  DEVICE  DRIVER      LINK  HELD   MTU  RX PACKETS  RX BYTES  TX PACKETS  TX BYTES\n"
        "outside  west     dev:o   net_af_xdp  up    no    1600           1        60           7         0\n"
        "\n"
        "LOST AT  OF LINK  RX MISSED  RX NO BUFFER  RX TOO LONG  RX CRC  RX ERRORS  RX DROPPED  TX DROPPED"
        "  TX LOST\n"
        "outside  west             1             2            3       9          4           5           6"
        "        8\n";
    EXPECT_EQ(run("ports"), shown_ports);
    EXPECT_EQ(run("stats"),
              "up 1m02s, 1 of 1000 sessions, 1 active addresses, 0 of 4096 sightings\n"
              "0 of 64 sources on lists or moved, 0 of 32 reputations\n"
              "idle timeout 1m00s, containment session\n"
              "mode divert\n"
              "admission auto, now first-packet; handshake from 800 sessions, first-packet below 600; "
              "room for 16 pending flows\n"
              "no sessions saved for a restart\n"
              "honeypot main of pool low: up, 1 sessions, at 02:00:00:00:00:66\n"
              "\n" +
                  shown_ports +
                  "\n"
                  "COUNTER  VALUE  MEANING\n"
                  "rx_bad      12  Frames that cannot be parsed.\n");
}

TEST_F(Honeyctl, PrintsWhatWasSavedForARestart) {
    inspect.stats_row.saved = inspect.stats_row.now - Milliseconds{4'000};
    inspect.stats_row.saved_sessions = 1'200;
    inspect.stats_row.saving = Milliseconds{8};
    EXPECT_NE(run("stats").find("1200 sessions saved 4s ago for a restart, in 8ms\n"), std::string::npos);
}

TEST_F(Honeyctl, PrintsAdmissionAsItIsNow) {
    inspect.stats_row.handshake_now = true;
    EXPECT_NE(run("stats").find("admission auto, now handshake; "), std::string::npos);
    inspect.stats_row.admission = control::Admission::first_packet;
    EXPECT_NE(run("stats").find("admission first-packet; room"), std::string::npos);
}

TEST_F(Honeyctl, PrintsHoneypotsPoolsAndRules) {
    inspect.honeypot_rows = {main_honeypot(),
                             {.name = "b",
                              .pool = "high",
                              .port = "dev:h2",
                              .vlan = 12,
                              .weight = 10,
                              .state = control::HoneypotState::down}};
    inspect.pool_rows = {{"low", control::Affinity::source, 1, 1, 1},
                         {"high", control::Affinity::session, 0, 1, 0}};
    inspect.rule_rows = {{"partners", control::Rule::Action::inside, "", 1'000},
                         {"web", control::Rule::Action::pool, "high", 1}};
    EXPECT_EQ(run("honeypots"),
              "NAME  POOL  STATE  WEIGHT  SESSIONS  PORT    VLAN  MAC\n"
              "main  low   up          1         1  dev:h      -  02:00:00:00:00:66\n"
              "b     high  down       10         0  dev:h2    12  -\n");
    EXPECT_EQ(run("pools"),
              "NAME  AFFINITY  UP      SESSIONS\n"
              "low   source    1 of 1         1\n"
              "high  session   0 of 1         0\n");
    EXPECT_EQ(run("rules"),
              "NAME      ACTION  POOL  PACKETS\n"
              "partners  inside  -        1000\n"
              "web       pool    high        1\n");
}

TEST_F(Honeyctl, PrintsListsAndWhatIsOnThem) {
    inspect.list_rows = {{"scanners", control::SourceList::Kind::attacker, "/etc/s", 2},
                         {"research", control::SourceList::Kind::benign, "", 1}};
    inspect.entry_rows = {
        {"scanners", prefix("198.51.100.7/32"), {"auth_log", "file"}, Milliseconds{7'620'000}},
        {"research", prefix("192.0.2.0/24"), {"operator"}, {}},
        {"scanners", prefix("203.0.113.0/24"), {"operator"}, {}}};
    EXPECT_EQ(run("lists"),
              "NAME      KIND      ENTRIES  FILE\n"
              "scanners  attacker        2  /etc/s\n"
              "research  benign          1  -\n");
    selection.list = "scanners";
    EXPECT_EQ(run("list show"),
              "PREFIX              REMAINING  ORIGINS\n"
              "198.51.100.7/32         2h07m  auth_log,file\n"
              "203.0.113.0/24              -  operator\n");
    selection.list = "none";
    EXPECT_EQ(run("list show"), "error: there is no list 'none'");
}

TEST_F(Honeyctl, ReportsHowFarAttackersCome) {
    inspect.progress_rows = {
        {.protocol = 17, .port = 53, .steps = {8, 0, 0, 0}},
        {.protocol = 6, .port = 22, .steps = {40, 30, 10, 4}},
        {.by = control::ProgressBy::network, .network = prefix("198.51.0.0/16"), .steps = {50, 30, 10, 4}}};
    inspect.report_totals = {50, 30, 10, 4};
    EXPECT_EQ(
        run("progress"),
        "PORT    FIRST PACKET  ANSWERED          HANDSHAKE          PAYLOAD\n"
        "tcp/22            40        30  75.0 %         10  25.0 %        4  10.0 %\n"
        "udp/53             8         0   0.0 %          0   0.0 %        0   0.0 %\n"
        "all               50        30  60.0 %         10  20.0 %        4   8.0 %\n"
        "\n"
        "Does the attacker carry on? A honeypot answered 30 of 50 sessions; then 33.3 % of the attackers "
        "went on, and 13.3 % with data.\n");
    selection.by = "network";
    EXPECT_TRUE(run("progress").starts_with("NETWORK        FIRST PACKET"));
    EXPECT_NE(run("progress").find("\n198.51.0.0/16            50 "), std::string::npos);
    inspect.report_totals = {};
    inspect.progress_rows = {};
    EXPECT_NE(run("progress").find("answered 0 of 0 sessions; then - of"), std::string::npos);
}

TEST_F(Honeyctl, ReportsFiftyRowsUnlessMoreAreWanted) {
    for (unsigned i = 0; i < 2'500; ++i)
        inspect.progress_rows.push_back(
            {.by = control::ProgressBy::network, .network = {{i << 16}, 16}, .steps = {1, 0, 0, 0}});
    selection.by = "network";
    const auto lines = [](const std::string& text) { return std::ranges::count(text, '\n'); };
    const auto text = run("progress");
    EXPECT_EQ(lines(text), 1 + 50 + 4)
        << "title, rows, the sum, what is left out, an empty line, the sentence";
    EXPECT_TRUE(text.contains("\n2450 more networks are left out; --limit 500 shows more of them.\n"));
    selection.limit = 3'000;
    EXPECT_EQ(lines(run("progress")), 1 + 2'500 + 3);
    selection.json = true;
    selection.limit = 10;
    EXPECT_EQ(Json::parse(run("progress"))["left_out"], 2'490);
}

TEST_F(Honeyctl, ReportsTheLargestOfManyRows) {
    for (unsigned port = 1; port <= 2'500; ++port)
        inspect.progress_rows.push_back(
            {.protocol = 6, .port = static_cast<std::uint16_t>(port), .steps = {port, 0, 0, 0}});
    selection.json = true;
    selection.limit = 2;
    const auto report = Json::parse(run("progress"));
    ASSERT_EQ(report["rows"].size(), 2U);
    EXPECT_EQ(report["rows"][0], Json::parse(R"({"protocol":6,"port":2500,"first_packet":2500,"answered":0,
        "handshake":0,"payload":0})"));
    EXPECT_EQ(report["rows"][1]["port"], 2'499);
    EXPECT_EQ(report["totals"]["first_packet"], 0);
    EXPECT_EQ(asked, 4U);  // the running sessions, and three pages of rows
}

TEST_F(Honeyctl, ShowsRatesBetweenTwoReadings) {
    selection.json = true;
    inspect.stats_row.counters = {{"a", "A.", 100}, {"b", "B.", 7}};
    const auto before = Json::parse(run("stats"))["rows"][0];
    inspect.stats_row.counters = {{"a", "A.", 350}, {"b", "B.", 3}, {"c", "C.", 1}};
    const auto text = stats_text(Json::parse(run("stats"))["rows"][0], &before, 2.5);
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

TEST_F(Honeyctl, TablesBeginWithWhatIsNotAsUsual) {
    inspect.diversion_state = {.mode = control::DiversionMode::observe,
                               .maintenance = at(2'500),
                               .who = "uid 7, pid 8",
                               .sessions = 3};
    for (const char* const name : {"sessions", "agents", "stats", "flows", "progress", "list show"}) {
        EXPECT_TRUE(run(name).starts_with(
            "observe mode: nothing is diverted or dropped, and what is shown is what would be\n"
            "maintenance for 1m00s (uid 7, pid 8): nothing new is diverted, 3 sessions still run\n"))
            << name << ": " << run(name);
    }
    selection.json = true;
    EXPECT_TRUE(run("agents").starts_with("{\"time\":")) << "a document stays one";
}

TEST(HoneyctlAnswers, OfTheWrongShapeAreErrors) {
    for (const char* const answer :
         {"{}", R"({"rows":[{}],"next":null})", R"({"rows":[{"uptime_ms":"x"}],"next":null})",
          R"({"rows":7,"next":null})"}) {
        const Ask ask = [&](const Json&) -> std::expected<Json, std::string> { return Json::parse(answer); };
        for (const auto& command : commands()) {
            // One prints lines as they come, and the others do not ask the switch.
            if (command.listen != nullptr || command.is_recorded({})) continue;
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
