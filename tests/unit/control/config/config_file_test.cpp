#include "control/config/config_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "control/config/flow_text.hpp"
#include "control/config/setting.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

namespace fs = std::filesystem;

const std::string ports = R"([ports]
outside = "0000:03:00.0"
inside = "dev:eth1"
honeypot = "vdev:net_null0"
)";
const std::string honeypot = "[[honeypot]]\nname = \"main\"\n";

class ConfigFile : public testing::Test {
  protected:
    std::expected<CheckedConfig, Complaint> load(const std::string& text) {
        return load_config(folder.write("x.toml", text));
    }
    /// The error message with the folder of the test taken away.
    std::string refusal(const std::string& text) {
        const auto loaded = load(text);
        return loaded ? "loaded" : without_folder(loaded.error().message());
    }
    [[nodiscard]] std::string without_folder(std::string message) const {
        const auto prefix = folder.path().string() + "/";
        for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix))
            message.erase(at, prefix.size());
        return message;
    }
    std::string agent(const std::string& name, const std::string& grants, char digit = 'a') {
        folder.write(name + ".key", std::string(64, digit) + "\n", fs::perms::owner_read);
        return "[[agent]]\nname = \"" + name + "\"\nkey_file = \"" + name + ".key\"\ngrants = " + grants +
               "\n";
    }

    TemporaryFolder folder;
};

TEST_F(ConfigFile, ReadsEveryTable) {
    const auto loaded = load(ports + R"(kernel_io = "af_packet"
driver_file = ["/usr/lib/a.so", "b.so"]
[process]
workers = 2
lcores = "4,0-1"
no_huge = true
idle_sleep = "0us"
log_level = "debug"
[capacity]
session_capacity = 10_000_000
pending_capacity = 128
source_capacity = 256
reputation_capacity = 512
[timeouts]
idle_timeout = "1500ms"
agent_timeout = "10m"
health_interval = "250ms"
[admission]
mode = "first-packet"
high_water = 70
low_water = 50
backscatter = "honeypot"
[diversion]
mode = "observe"
campus = "10.0.0.0/8"
active = ["10.1.0.1/32"]
dark = ["10.1.0.0/20"]
[containment]
mode = "limited"
allow = ["udp:53:192.0.2.53/32", "tcp:1-1023:192.0.2.0/24", "icmp:192.0.2.0/24", "47:192.0.2.1/32"]
new_flow_rate = 100
reply_packets_per_source = 1
reply_bytes_per_source = 2
reply_packets_per_honeypot = 3
reply_bytes_per_honeypot = 4294967295
[notices]
listen_address = "127.0.0.1"
listen_port = 7000
[operator]
control_socket = "/tmp/s"
[[honeypot]]
name = "main"
mac = "02:00:00:00:00:66"
)" + agent("east", R"(["10.1.0.0/16", "10.2.0.0/24"])"));
    ASSERT_TRUE(loaded) << loaded.error().message();
    const auto& config = loaded->config;
    EXPECT_EQ(config.outside.kind, PortSpec::Kind::pci);
    EXPECT_EQ(config.inside.device, "eth1");
    ASSERT_EQ(config.honeypot_ports.size(), 1U);
    EXPECT_EQ(config.honeypot_ports[0].device, "net_null0");
    EXPECT_EQ(config.kernel_io, KernelIo::af_packet);
    EXPECT_EQ(config.diversion, DiversionMode::observe);
    EXPECT_EQ(config.drivers, (std::vector<fs::path>{"/usr/lib/a.so", "b.so"}));
    EXPECT_EQ(config.workers, 2U);
    EXPECT_EQ(config.lcores, "4,0-1");
    EXPECT_TRUE(config.no_huge);
    EXPECT_EQ(config.idle_sleep_us, 0U);
    EXPECT_EQ(config.session_capacity, 10'000'000U);
    EXPECT_EQ(config.idle_timeout, Milliseconds{1500});
    EXPECT_EQ(config.agent_timeout, Milliseconds{600'000});
    EXPECT_EQ(config.pending_capacity, 128U);
    EXPECT_EQ(config.source_capacity, 256U);
    EXPECT_EQ(config.reputation_capacity, 512U);
    EXPECT_EQ(config.health_interval, Milliseconds{250});
    EXPECT_EQ(config.admission, Admission::first_packet);
    EXPECT_EQ(config.high_water, 70U);
    EXPECT_EQ(config.low_water, 50U);
    EXPECT_EQ(config.backscatter, Backscatter::honeypot);
    EXPECT_EQ(config.containment, Containment::limited);
    EXPECT_EQ(config.campus, (std::vector{Ipv4Prefix{{0x0a000000}, 8}}));
    ASSERT_EQ(config.containment_allow.size(), 4U);
    EXPECT_EQ(config.containment_allow[1].protocol, 6);
    EXPECT_EQ(config.containment_allow[1].ports, (PortRange{1, 1023}));
    EXPECT_EQ(config.containment_allow[1].destination, (Ipv4Prefix{{0xc0000200}, 24}));
    EXPECT_EQ(to_string(config.containment_allow[0]), "udp:53:192.0.2.53/32");
    EXPECT_EQ(to_string(config.containment_allow[2]), "icmp:192.0.2.0/24");
    EXPECT_EQ(to_string(config.containment_allow[3]), "47:192.0.2.1/32");
    EXPECT_EQ(config.containment_rate, 100U);
    EXPECT_EQ(config.reply_caps.packets_per_source, 1U);
    EXPECT_EQ(config.reply_caps.bytes_per_source, 2U);
    EXPECT_EQ(config.reply_caps.packets_per_honeypot, 3U);
    EXPECT_EQ(config.reply_caps.bytes_per_honeypot, 4'294'967'295U);
    EXPECT_EQ(config.static_active, (std::vector{Ipv4Prefix{{0x0a010001}, 32}}));
    EXPECT_EQ(config.dark, (std::vector{Ipv4Prefix{{0x0a010000}, 20}}));
    EXPECT_EQ(config.listen_address, "127.0.0.1");
    EXPECT_EQ(config.listen_port, 7000);
    EXPECT_EQ(config.control_socket, "/tmp/s");
    EXPECT_EQ(config.log_level, "debug");
    ASSERT_EQ(config.honeypots.size(), 1U);
    EXPECT_EQ(config.honeypots[0].mac, parse_mac("02:00:00:00:00:66").value());
    ASSERT_EQ(config.agents.size(), 1U);
    EXPECT_EQ(config.agents[0].key_file, folder.path() / "east.key");
    EXPECT_EQ(config.agents[0].key[31], 0xaa);
    EXPECT_EQ(config.agents[0].grants.size(), 2U);
}

TEST_F(ConfigFile, LeavesTheRestToItsDefaults) {
    const auto loaded = load(ports + honeypot);
    ASSERT_TRUE(loaded) << loaded.error().message();
    for (const auto& setting : settings())
        if (setting.table != "ports") {
            EXPECT_EQ(setting.show(loaded->config), setting.show(Config{})) << setting.key;
        }
}

struct Refusal {
    std::string text;
    std::string message;
};

TEST_F(ConfigFile, SaysWhereAndWhyAValueIsRefused) {
    const std::array refusals{
        Refusal{"[ports", "x.toml:1:7: Error while parsing table header: encountered end-of-file"},
        Refusal{"[proces]\nworkers = 1", "x.toml:1:2: unknown table 'proces'; did you mean 'process'?"},
        Refusal{"workers = 1", "x.toml:1:1: unknown key 'workers'; it belongs into [process]"},
        Refusal{"[process]\n workrs = 1",
                "x.toml:2:2: [process]: unknown key 'workrs'; did you mean 'workers'?"},
        Refusal{"[process]\nidle_timeout = \"1s\"", "x.toml:2:1: [process]: unknown key 'idle_timeout'"},
        Refusal{"process = 3", "x.toml:1:11: 'process' must be a table, not an integer"},
        Refusal{"[process]\nworkers = \"2\"",
                "x.toml:2:11: [process] workers must be an integer, not a string"},
        Refusal{"[process]\nworkers = 0",
                "x.toml:2:11: [process] workers: '0' is not an integer from 1 to 127"},
        Refusal{"[process]\nworkers = -1",
                "x.toml:2:11: [process] workers: '-1' is not an integer from 1 to 127"},
        Refusal{"[process]\nno_huge = 1",
                "x.toml:2:11: [process] no_huge must be a boolean (true or false), not an integer"},
        Refusal{"[process]\nlcores = \"0,2-1\"",
                "x.toml:2:10: [process] lcores: '0,2-1' is not a list of CPUs: write 0,2,4-7, with numbers "
                "from 0 to 1023"},
        Refusal{"[process]\nlcores = \"0-2,1\"", "x.toml:2:10: [process] lcores: '0-2,1' names CPU 1 twice"},
        Refusal{
            "[capacity]\nsession_capacity = 99999999999",
            "x.toml:2:20: [capacity] session_capacity: '99999999999' is not an integer from 64 to 67108864"},
        Refusal{"[timeouts]\nidle_timeout = 60",
                "x.toml:2:16: [timeouts] idle_timeout must be a string, not an integer"},
        Refusal{"[timeouts]\nidle_timeout = \"60\"",
                "x.toml:2:16: [timeouts] idle_timeout: '60' is not a duration: write a number and its unit "
                "(ms, s, m, h, d or w), such as 500ms, 60s, 10m or 1h"},
        Refusal{"[timeouts]\nidle_timeout = \"25h\"",
                "x.toml:2:16: [timeouts] idle_timeout: '25h' is not from 100ms to 24h"},
        Refusal{"[timeouts]\nidle_timeout = \"100001us\"",
                "x.toml:2:16: [timeouts] idle_timeout: '100001us' is no whole number of milliseconds"},
        Refusal{"[diversion]\ndark = 10",
                "x.toml:2:8: [diversion] dark must be a string or an array of strings, not an integer"},
        Refusal{"[diversion]\ndark = [[\"10.0.0.0/8\"]]",
                "x.toml:2:9: [diversion] dark must be a string or an array of strings, not an array"},
        Refusal{"[diversion]\ndark = [\"10.0.0.0/8\",\n  \"10.1.0.1/16\"]",
                "x.toml:3:3: [diversion] dark: '10.1.0.1/16' has bits below its mask; did you mean "
                "10.1.0.0/16?"},
        Refusal{"[containment]\nmode = \"shut\"",
                "x.toml:2:8: [containment] mode: 'shut' is not one of session, limited, open"},
        Refusal{"[admission]\nmode = \"first\"",
                "x.toml:2:8: [admission] mode: 'first' is not one of auto, first-packet, handshake"},
        Refusal{
            "[process]\nidle_sleep = \"50\\n\"",
            "x.toml:2:14: [process] idle_sleep: '50\n' is not a duration: write a number and its unit (us, "
            "ms, s, m, h, d or w), such as 500ms, 60s, 10m or 1h"},
        Refusal{"[process]\nidle_sleep = \"2s\"",
                "x.toml:2:14: [process] idle_sleep: '2s' is not from 0s to 1s"},
        Refusal{"[process]\nidle_sleep = -1",
                "x.toml:2:14: [process] idle_sleep must be a string, not an integer"},
        Refusal{"[admission]\nhigh_water = 101",
                "x.toml:2:14: [admission] high_water: '101' is not an integer from 1 to 100"},
        Refusal{"[admission]\nlow_water = 0",
                "x.toml:2:13: [admission] low_water: '0' is not an integer from 1 to 100"},
        Refusal{"[admission]\nbackscatter = \"shut\"",
                "x.toml:2:15: [admission] backscatter: 'shut' is not one of drop, honeypot"},
        Refusal{"[timeouts]\nhealth_interval = \"61s\"",
                "x.toml:2:19: [timeouts] health_interval: '61s' is not from 100ms to 1m"},
        Refusal{"[capacity]\nsource_capacity = 63",
                "x.toml:2:19: [capacity] source_capacity: '63' is not an integer from 64 to 16777216"},
        Refusal{"[containment]\nallow = [\"udp:192.0.2.53/32\"]",
                "x.toml:2:10: [containment] allow: 'udp:192.0.2.53/32' is not a flow: write "
                "PROTOCOL:PORTS:PREFIX, such as udp:53:192.0.2.53/32 or tcp:1-1023:0.0.0.0/0"},
        Refusal{"[containment]\nallow = [\"icmp:8:192.0.2.53/32\"]",
                "x.toml:2:10: [containment] allow: 'icmp:8:192.0.2.53/32' is not a flow: icmp has no ports; "
                "write PROTOCOL:PREFIX, such as icmp:192.0.2.0/24"},
        Refusal{
            "[containment]\nallow = [\"udq:53:192.0.2.53/32\"]",
            "x.toml:2:10: [containment] allow: 'udq:53:192.0.2.53/32' is not a flow: 'udq' is not a "
            "protocol: write one of tcp, udp, icmp, sctp, or a number from 0 to 255; did you mean 'udp'?"},
        Refusal{
            "[containment]\nallow = [\"udp:x:192.0.2.53/32\"]",
            "x.toml:2:10: [containment] allow: 'udp:x:192.0.2.53/32' is not a flow: 'x' is neither a port "
            "nor a range of ports: write 22 or 8000-8080, with numbers from 0 to 65535"},
        Refusal{"[containment]\nallow = [\"udp:53:192.0.2\"]",
                "x.toml:2:10: [containment] allow: 'udp:53:192.0.2' is not a flow: '192.0.2' is not an IPv4 "
                "address"},
        Refusal{"[containment]\nnew_flow_rate = 0",
                "x.toml:2:17: [containment] new_flow_rate: '0' is not an integer from 1 to 1000000"},
        Refusal{"[notices]\nlisten_address = \"::\"",
                "x.toml:2:18: [notices] listen_address: '::' is not an IPv4 address"},
        Refusal{"[notices]\nlisten_port = 0",
                "x.toml:2:15: [notices] listen_port: '0' is not an integer from 1 to 65535"},
        Refusal{"[operator]\ncontrol_socket = \"" + std::string(108, 'x') + "\"",
                "x.toml:2:18: [operator] control_socket: '" + std::string(108, 'x') +
                    "' is too long for a Unix socket: at most 107 characters"},
        Refusal{"[honeypot]\nname = \"a\"",
                "x.toml:1:1: honeypot must be written as tables of its own: [[honeypot]]"},
        Refusal{"[[honeypot]]\nmac = \"02:00:00:00:00:01\"",
                "x.toml:1:1: [[honeypot]]: name is missing; write name = \"NAME\""},
        Refusal{
            "[[honeypot]]\nname = \"a b\"",
            "x.toml:2:8: [[honeypot]]: 'a b' is not a name: use 1 to 32 letters, digits, '-', '_' or '.'"},
        Refusal{"[[honeypot]]\nname = \"a\"\nmac = \"02\"",
                "x.toml:3:7: [[honeypot]] 'a': mac '02' is not a MAC address"},
        Refusal{"[[agent]]\nname = \"east\"\ngrant = []",
                "x.toml:3:1: [[agent]]: unknown key 'grant'; did you mean 'grants'?"},
        Refusal{"[[agent]]\nname = \"east\"\ngrants = [\"10.1.0.1/16\"]",
                "x.toml:3:11: [[agent]] 'east': grant '10.1.0.1/16' has bits below its mask; did you mean "
                "10.1.0.0/16?"},
        Refusal{"[[agent]]\nname = \"east\"\ngrants = [7]",
                "x.toml:3:11: [[agent]] 'east': grant must be a string, not an integer"},
        Refusal{"[[agent]]\nname = \"east\"\ngrants = []",
                "x.toml:1:1: [[agent]] 'east': key_file is missing; write key_file = \"PATH\""},
        Refusal{"[[agent]]\nname = \"east\"\ngrants = []\nkey_file = \"no.key\"",
                "x.toml:4:12: [[agent]] 'east': cannot read the key file no.key: No such file or directory"},
    };
    for (const auto& [text, message] : refusals) EXPECT_EQ(refusal(text), message) << text;
}

TEST_F(ConfigFile, TellsAllErrorsInTheOrderOfTheirLines) {
    const auto read = read_config_text(R"([timeouts]
idle_timeout = 60
[process]
workers = 0
wokers = 1
[diversion]
dark = ["10.1.0.1/16", "10.2.0.0/16", 7]
[[honeypot]]
name = "a b"
[[honeypot]]
name = "c"
mac = "02"
[nonsense]
)",
                                       "x.toml");
    ASSERT_FALSE(read);
    std::vector<std::string> places{read.error().place};
    for (const auto& other : read.error().others) places.push_back(other.place);
    EXPECT_EQ(places, (std::vector<std::string>{"x.toml:2:16", "x.toml:4:11", "x.toml:5:1", "x.toml:7:9",
                                                "x.toml:7:39", "x.toml:9:8", "x.toml:12:7", "x.toml:13:2"}));
}

TEST_F(ConfigFile, TellsOfVeryManyErrorsTheFirst) {
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += "[[rule]]\nname = \"\"\n";
    const auto read = read_config_text(text, "x.toml");
    ASSERT_FALSE(read);
    const auto sentences = read.error().sentences();
    ASSERT_EQ(sentences.size(), 21U);
    EXPECT_TRUE(sentences[19].starts_with("x.toml:40:8: "));
    EXPECT_EQ(sentences[20], "and 980 further errors");
}

TEST_F(ConfigFile, TellsEveryNameThatMeansNothingAndEveryFamilyThatIsWrong) {
    auto draft = read_config_text(R"([[pool]]
name = "low"
[[honeypot]]
name = "a"
pool = "lo"
[[honeypot]]
name = "b"
pool = "hi"
)",
                                  "x.toml");
    ASSERT_TRUE(draft) << draft.error().message();
    const auto named = finish_config(std::move(*draft));
    ASSERT_FALSE(named);
    EXPECT_EQ(named.error().message(),
              "x.toml:5:8: [[honeypot]] 'a': there is no pool 'lo'; did you mean 'low'?\n"
              "x.toml:8:8: [[honeypot]] 'b': there is no pool 'hi'");
    draft = read_config_text(
        "[admission]\nhigh_water = 10\n[diversion]\nactive = [\"10.0.0.1/32\", \"10.0.0.1/32\"]", "x.toml");
    ASSERT_TRUE(draft) << draft.error().message();
    const auto whole = finish_config(std::move(*draft));
    ASSERT_FALSE(whole);
    ASSERT_EQ(whole.error().others.size(), 5U) << whole.error().message();
    EXPECT_EQ(whole.error().others.back().place, "x.toml:4:26");
}

TEST_F(ConfigFile, ObservingNeedsNoHoneypot) {
    const std::string link =
        "[ports]\noutside = \"dev:a\"\ninside = \"dev:b\"\n[diversion]\ndark = \"10.1.0.0/16\"\n";
    const auto finished = [](const std::string& text) {
        return finish_config(read_config_text(text, "x.toml").value());
    };
    const auto observes = finished(link + "mode = \"observe\"\n");
    ASSERT_TRUE(observes) << observes.error().message();
    ASSERT_EQ(observes->config.honeypots.size(), 1U);
    ASSERT_EQ(observes->config.honeypot_ports.size(), 1U);
    EXPECT_EQ(observes->config.honeypot_ports[0].text, "none");
    EXPECT_FALSE(finished(link + "mode = \"divert\"\n"));
    const auto pools =
        finished(link + "mode = \"observe\"\n[[pool]]\nname = \"low\"\n[[pool]]\nname = \"high\"\n");
    ASSERT_TRUE(pools) << pools.error().message();
    ASSERT_EQ(pools->config.honeypots.size(), 2U);
    EXPECT_EQ(pools->config.honeypots[1].name, "none2");
    EXPECT_EQ(pools->config.honeypots[1].pool, 1U);
}

TEST_F(ConfigFile, NoDepthIsTooMuch) {
    const auto nested = [](const std::string& part) {
        std::string text;
        for (int i = 0; i < 500'000; ++i) text += part;
        return text;
    };
    EXPECT_EQ(refusal("\n[" + nested("a.") + "a]\n"), "x.toml:2: a key has more than 16 parts");
    EXPECT_EQ(refusal(nested("a.") + "a = 1\n"), "x.toml:1: a key has more than 16 parts");
    for (const auto& text : {"a = " + nested("["), "a = " + nested("{a="), nested("[[a]]\n")})
        EXPECT_TRUE(refusal(text).starts_with("x.toml:1")) << text.substr(0, 10);
}

TEST_F(ConfigFile, RefusesKeysThatOthersCanRead) {
    const auto text = ports + honeypot + agent("east", "[\"10.1.0.0/16\"]");
    EXPECT_TRUE(load(text));
    fs::permissions(folder.path() / "east.key", fs::perms::group_read, fs::perm_options::add);
    EXPECT_EQ(refusal(text),
              "x.toml:9:12: [[agent]] 'east': cannot read the key file east.key: its mode is 0440, so others "
              "than its owner may use it; chmod 0600 it");
}

TEST_F(ConfigFile, RefusesKeysThatAreNone) {
    const auto text = ports + honeypot + agent("east", "[\"10.1.0.0/16\"]");
    for (const auto& key :
         {std::string(62, 'a'), std::string(66, 'a'), std::string(64, 'g'), std::string()}) {
        fs::remove(folder.path() / "east.key");
        folder.write("east.key", key, fs::perms::owner_read);
        EXPECT_EQ(refusal(text),
                  "x.toml:9:12: [[agent]] 'east': cannot read the key file east.key: it does not hold 64 "
                  "hexadecimal digits, as keygen writes them");
    }
}

TEST_F(ConfigFile, RefusesWhatIsNoFile) {
    EXPECT_EQ(without_folder(load_config(folder.path() / "none.toml").error().message()),
              "none.toml: cannot be read: No such file or directory");
    EXPECT_EQ(load_config(folder.path()).error().reason, "cannot be read: it is a directory");
    EXPECT_EQ(refusal(std::string((1 << 22) + 1, '#')),
              "x.toml: is no configuration: it has more than 4194304 bytes");
}

}  // namespace
}  // namespace honeyswitch::control
