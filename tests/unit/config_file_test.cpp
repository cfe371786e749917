#include "control/config_file.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "control/setting.hpp"
#include "tests/unit/temporary_folder.hpp"

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
    std::expected<CheckedConfig, ConfigError> load(const std::string& text) {
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
driver = ["/usr/lib/a.so", "b.so"]
[process]
workers = 2
lcores = "4,0-1"
no_huge = true
idle_sleep = 0
[capacity]
session_capacity = 10_000_000
[timeouts]
idle_timeout = "1500ms"
agent_timeout = "10m"
[diversion]
containment = "open"
active = ["10.1.0.1/32"]
dark = ["10.1.0.0/20"]
[notices]
listen_address = "127.0.0.1"
listen_port = 7000
[operator]
control_socket = "/tmp/s"
log_level = "debug"
[[honeypot]]
name = "main"
mac = "02:00:00:00:00:66"
)" + agent("east", R"(["10.1.0.0/16", "10.2.0.0/24"])"));
    ASSERT_TRUE(loaded) << loaded.error().message();
    const auto& config = loaded->config;
    EXPECT_EQ(config.outside.kind, PortSpec::Kind::pci);
    EXPECT_EQ(config.inside.device, "eth1");
    EXPECT_EQ(config.honeypot_port.device, "net_null0");
    EXPECT_EQ(config.kernel_io, KernelIo::af_packet);
    EXPECT_EQ(config.drivers, (std::vector<fs::path>{"/usr/lib/a.so", "b.so"}));
    EXPECT_EQ(config.workers, 2U);
    EXPECT_EQ(config.lcores, "4,0-1");
    EXPECT_TRUE(config.no_huge);
    EXPECT_EQ(config.idle_sleep_us, 0U);
    EXPECT_EQ(config.session_capacity, 10'000'000U);
    EXPECT_EQ(config.idle_timeout, Milliseconds{1500});
    EXPECT_EQ(config.agent_timeout, Milliseconds{600'000});
    EXPECT_EQ(config.containment, Containment::open);
    EXPECT_EQ(config.static_active, (std::vector{Ipv4Prefix{{0x0a010001}, 32}}));
    EXPECT_EQ(config.dark, (std::vector{Ipv4Prefix{{0x0a010000}, 20}}));
    EXPECT_EQ(config.listen_address, "127.0.0.1");
    EXPECT_EQ(config.listen_port, 7000);
    EXPECT_EQ(config.control_socket, "/tmp/s");
    EXPECT_EQ(config.log_level, "debug");
    ASSERT_EQ(config.honeypots.size(), 1U);
    EXPECT_EQ(to_string(config.honeypots[0].mac.value()), "02:00:00:00:00:66");
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
                "x.toml:2:16: [timeouts] idle_timeout: '60' is not a duration: write a number and its unit, "
                "such as 500ms, 60s, 10m or 1h"},
        Refusal{"[timeouts]\nidle_timeout = \"25h\"",
                "x.toml:2:16: [timeouts] idle_timeout: '25h' is not from 100ms to 24h"},
        Refusal{"[timeouts]\nidle_timeout = \"100001us\"",
                "x.toml:2:16: [timeouts] idle_timeout: '100001us' is no whole number of milliseconds"},
        Refusal{"[diversion]\ndark = \"10.0.0.0/8\"",
                "x.toml:2:8: [diversion] dark must be an array of strings, not a string"},
        Refusal{"[diversion]\ndark = [\"10.0.0.0/8\",\n  \"10.1.0.1/16\"]",
                "x.toml:3:3: [diversion] dark: '10.1.0.1/16' has bits below its mask; did you mean "
                "10.1.0.0/16?"},
        Refusal{"[diversion]\ncontainment = \"shut\"",
                "x.toml:2:15: [diversion] containment: 'shut' is not one of session, open"},
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
    EXPECT_EQ(refusal(std::string((1 << 20) + 1, '#')),
              "x.toml: is no configuration: it has more than 1048576 bytes");
}

}  // namespace
}  // namespace honeyswitch::control
