#include "control/config/options.hpp"

#include <array>

#include <gtest/gtest.h>

#include "control/config/cpu_list.hpp"
#include "control/config/port_spec.hpp"
#include "control/config/setting.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::control {
namespace {

using Words = std::vector<std::string>;

std::expected<Launch, Declined> parse(const Words& words) {
    std::vector<const char*> arguments{"honeyswitch"};
    for (const auto& word : words) arguments.push_back(word.c_str());
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

const Words enough{"--outside", "dev:a",          "--inside",          "dev:b",  "--honeypot",
                   "dev:c",     "--honeypot-mac", "02:00:00:00:00:01", "--dark", "10.0.0.0/16"};

Words enough_and(const Words& more) {
    auto words = enough;
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

TEST(Options, SufficeWithoutAFile) {
    const auto launch = parse(enough);
    ASSERT_TRUE(launch) << launch.error().text("honeyswitch");
    EXPECT_FALSE(launch->check);
    EXPECT_TRUE(launch->warnings.empty());
    EXPECT_EQ(launch->config.outside.device, "a");
    EXPECT_EQ(launch->config.honeypots.at(0).name, "honeypot");
    EXPECT_EQ(launch->config.honeypots.at(0).mac, parse_mac("02:00:00:00:00:01").value());
    EXPECT_EQ(launch->config.dark.size(), 1U);
}

TEST(Options, OverrideTheFile) {
    const TemporaryFolder folder;
    const auto file = folder.write("x.toml", R"([ports]
outside = "dev:a"
inside = "dev:b"
honeypot = "dev:c"
driver_file = ["x.so"]
[process]
workers = 2
[timeouts]
idle_timeout = "5s"
[diversion]
dark = ["10.1.0.0/16", "10.2.0.0/16"]
[[honeypot]]
name = "main"
)");
    const auto launch = parse({"--config", file, "--workers", "3", "--inside=vdev:net_null1,copy=1", "--dark",
                               "10.3.0.0/16", "--no-huge", "--honeypot-mac", "02:00:00:00:00:02", "--check"});
    ASSERT_TRUE(launch) << launch.error().text("honeyswitch");
    EXPECT_TRUE(launch->check);
    EXPECT_EQ(launch->config.workers, 3U);
    EXPECT_EQ(launch->config.idle_timeout, Milliseconds{5'000});
    EXPECT_EQ(launch->config.outside.device, "a");
    EXPECT_EQ(launch->config.inside.device, "net_null1,copy=1");
    EXPECT_EQ(launch->config.drivers.size(), 1U);
    EXPECT_TRUE(launch->config.no_huge);
    EXPECT_EQ(launch->config.dark, (std::vector{Ipv4Prefix{{0x0a030000}, 16}}));
    EXPECT_EQ(launch->config.honeypots.at(0).name, "main");
    EXPECT_TRUE(launch->config.honeypots.at(0).mac);
}

TEST(Options, ReplaceTheHoneypotPortsOfTheFile) {
    const TemporaryFolder folder;
    const auto file = folder.write("x.toml", R"([ports]
outside = "dev:a"
inside = "dev:b"
honeypot = "dev:c"
[diversion]
dark = "10.1.0.0/16"
[[honeypot]]
name = "main"
[[honeypot]]
name = "other"
port = "dev:e"
)");
    const auto launch = parse({"--config", file, "--honeypot", "dev:d", "--honeypot", "dev:e"});
    ASSERT_TRUE(launch) << launch.error().text("honeyswitch");
    ASSERT_EQ(launch->config.honeypot_ports.size(), 2U);
    EXPECT_EQ(launch->config.honeypot_ports[1].device, "e");
    EXPECT_EQ(launch->config.honeypots[0].port, 0U);
    EXPECT_EQ(launch->config.honeypots[1].port, 1U);
    EXPECT_EQ(
        parse({"--config", file}).error().text("honeyswitch"),
        "honeyswitch: " + file.string() +
            ":11:8: [[honeypot]] 'other': port 'dev:e' is not one of the honeypot ports (dev:c); did you "
            "mean 'dev:c'?\n");
    EXPECT_EQ(parse({"--config", file, "--honeypot", "dev:e", "--honeypot-mac", "02:00:00:00:00:01"})
                  .error()
                  .text("honeyswitch"),
              "honeyswitch: --honeypot-mac: there are 2 honeypots; write mac in the [[honeypot]] that has "
              "'02:00:00:00:00:01'\n");
}

TEST(Options, AreUnderstoodByTheirFormerNames) {
    const auto launch = parse(enough_and({"--containment", "open", "--admission", "handshake", "--driver",
                                          "a.so", "--idle-sleep", "7", "--backscatter", "count"}));
    ASSERT_TRUE(launch) << launch.error().text("honeyswitch");
    EXPECT_EQ(launch->config.containment, Containment::open);
    EXPECT_EQ(launch->config.admission, Admission::handshake);
    EXPECT_EQ(launch->config.drivers.size(), 1U);
    EXPECT_EQ(launch->config.idle_sleep_us, 7U);
    EXPECT_EQ(launch->warnings, (Words{
                                    "--driver is now called --driver-file",
                                    "--idle-sleep: '7' is now written '7us'",
                                    "--admission is now called --admission-mode",
                                    "--backscatter: 'count' is now written 'drop'",
                                    "--containment is now called --containment-mode",
                                }));
    EXPECT_EQ(
        parse(enough_and({"--containment", "open", "--containment-mode", "open"}))
            .error()
            .text("honeyswitch"),
        "honeyswitch: --containment: it is now called --containment-mode, and --containment-mode is there "
        "as well\n");
    EXPECT_FALSE(parse({"--help"}).error().text("honeyswitch").contains("--containment "));
}

TEST(Options, ExistForEverySetting) {
    const auto help = parse({"--help"});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().code(), 0);
    for (const auto& setting : settings())
        EXPECT_NE(help.error().text("honeyswitch").find("  " + setting.option()), std::string::npos)
            << setting.key;
    for (const char* const flag : {"--config", "--check", "--version", "--honeypot-mac"})
        EXPECT_NE(help.error().text("honeyswitch").find(flag), std::string::npos) << flag;
}

/// Each default is a value that its own setting accepts, from the command line and unchanged.
TEST(Options, AcceptTheDefaults) {
    for (const auto& setting : settings()) {
        const auto initial = setting.show(Config{});
        if (initial.empty() || setting.kind == Setting::Kind::boolean) continue;
        const auto launch = parse(enough_and({setting.option(), initial}));
        ASSERT_TRUE(launch) << launch.error().text("honeyswitch");
        EXPECT_EQ(setting.show(launch->config), initial) << setting.key;
    }
}

TEST(Options, TellTheVersion) {
    const auto version = parse({"--version"});
    ASSERT_FALSE(version);
    EXPECT_EQ(version.error().code(), 0);
    EXPECT_TRUE(version.error().text("honeyswitch").starts_with("honeyswitch "))
        << version.error().text("honeyswitch");
}

TEST(Options, SayWhichIsRefusedAndWhy) {
    struct Row {
        Words words;
        std::string text;
    };
    const std::string try_help = "\nTry honeyswitch --help.\n";
    const std::array rows{
        Row{{},
            "honeyswitch: command line: no outside port: write outside = \"PORT\" in [ports], or --outside "
            "PORT\n"
            "honeyswitch: command line: no inside port: write inside = \"PORT\" in [ports], or --inside "
            "PORT\n"
            "honeyswitch: command line: no honeypot port: write honeypot = \"PORT\" in [ports], or "
            "--honeypot "
            "PORT\n"
            "honeyswitch: command line: no honeypot: write a [[honeypot]] with its name, or --honeypot-mac "
            "MAC\n"},
        Row{{"--workers", "0", "--dark", "10.1.0.1/16", "--dark", "x", "--honeypot-mac", "y"},
            "honeyswitch: --workers: '0' is not an integer from 1 to 127\n"
            "honeyswitch: --dark: '10.1.0.1/16' has bits below its mask; did you mean 10.1.0.0/16?\n"
            "honeyswitch: --dark: 'x' is not an IPv4 address\n"
            "honeyswitch: --honeypot-mac: 'y' is not a MAC address\n"},
        Row{{"--worker", "1"},
            "honeyswitch: unknown option '--worker'; did you mean '--workers'?" + try_help},
        Row{{"--frobnicate"}, "honeyswitch: unknown option '--frobnicate'" + try_help},
        Row{{"eth0"}, "honeyswitch: unexpected argument 'eth0'" + try_help},
        Row{{"--dark", "10.1.0.0/16", "10.2.0.0/16"},
            "honeyswitch: unexpected argument '10.2.0.0/16'" + try_help},
        Row{{"--workers"}, "honeyswitch: --workers: 1 required N missing" + try_help},
        Row{{"--workers", "0"}, "honeyswitch: --workers: '0' is not an integer from 1 to 127\n"},
        Row{{"--workers", ""}, "honeyswitch: --workers: '' is not an integer from 1 to 127\n"},
        Row{{"--workers", "1", "--workers", "2"},
            "honeyswitch: --workers: At Most 1 required but received 2" + try_help},
        Row{{"--outside", "eth0"},
            "honeyswitch: --outside: 'eth0' is not a PORT: write a PCI address (0000:03:00.0), dev:NAME for "
            "a "
            "kernel interface, or vdev:ARGS for a DPDK virtual device; did you mean dev:eth0?\n"},
        Row{{"--honeypot-mac", ""}, "honeyswitch: --honeypot-mac: '' is not a MAC address\n"},
        Row{{"--config", "/nonexistent/x.toml"},
            "honeyswitch: /nonexistent/x.toml: cannot be read: No such file or directory\n"},
    };
    for (const auto& [words, text] : rows) {
        const auto launch = parse(words);
        ASSERT_FALSE(launch) << text;
        EXPECT_EQ(launch.error().code(), 2);
        EXPECT_EQ(launch.error().text("honeyswitch"), text);
    }
    EXPECT_EQ(parse(enough_and({"--inside", "dev:a"})).error().text("honeyswitch"),
              "honeyswitch: --inside: At Most 1 required but received 2" + try_help);
    EXPECT_EQ(parse(enough_and({"--high-water", "60"})).error().text("honeyswitch"),
              "honeyswitch: --high-water: low_water 60 is not less than high_water 60\n");
    EXPECT_EQ(parse(enough_and({"--honeypot", "dev:a"})).error().text("honeyswitch"),
              "honeyswitch: --honeypot: the honeypot port is the same device as the outside port: 'dev:a'\n");
    EXPECT_EQ(parse(enough_and({"--dark", "10.0.0.0/16"})).error().text("honeyswitch"),
              "honeyswitch: --dark: dark prefix '10.0.0.0/16' is there twice\n");
}

TEST(Port, ReadsTheThreeKinds) {
    const auto pci = parse_port("0000:AF:00.1");
    ASSERT_TRUE(pci);
    EXPECT_EQ(pci->device, "0000:af:00.1");
    EXPECT_EQ(pci->text, "0000:AF:00.1");
    EXPECT_TRUE(parse_port("dev:enp3s0f0np0.100"));
    EXPECT_TRUE(parse_port("10000:01:00.0"));  // behind Intel VMD
    EXPECT_EQ(parse_port("dev:enp3s0f0np0.1000").error(),
              "'dev:enp3s0f0np0.1000' is not a PORT: the interface "
              "name after 'dev:' must have 1 to 15 characters, without blanks, '/' or ':'");
}
TEST(Port, RefusesWhatIsNone) {
    for (const char* const bad :
         {"", "eth0", "dev:", "dev:a b", "dev:a/b", "dev:..", "dev:a:b", "vdev:", "vdev:,a=1", "vdev:0x",
          "03:00.0", "0000:03:00.8", "0000:03:20.0", "0000:03:00", "pci:x"})
        EXPECT_FALSE(parse_port(bad)) << bad;
    for (const char* const bad :
         {"000:03:00.0", "000000000:03:00.0", "0000:3:00.0", "0000:03:20.0", "0000:03:00.8", "0000:03:00.00",
          "0000:03:00,0", "g000:03:00.0", ":03:00.0"})
        EXPECT_FALSE(parse_port(bad)) << bad;
    EXPECT_TRUE(parse_port("0000:03:1f.7"));
    EXPECT_TRUE(parse_port("03:00.0").error().ends_with("; did you mean 0000:03:00.0?"));
}

TEST(Port, MayBeNamedAtAnyLength) {
    const auto vdev = [](std::size_t length) { return "vdev:n" + std::string(length - 1, 'a'); };
    EXPECT_TRUE(parse_port(vdev(63)));
    EXPECT_TRUE(parse_port(vdev(63) + ",iface=" + std::string(5'000, 'a')));
    EXPECT_FALSE(parse_port(vdev(64)));
    EXPECT_FALSE(parse_port(vdev(4'000'000)));
    EXPECT_FALSE(parse_port(std::string(4'000'000, '0') + ":03:00.0"));
}

TEST(CpuList, GivesTheControlThreadTheFirst) {
    EXPECT_EQ(parse_cpu_list("4,0-2"), (std::vector{4U, 0U, 1U, 2U}));
    for (const char* const bad : {"", ",", "1,", "1-", "-1", "a", "1024", "2-1", "1,1", "0-3,2", "1 "})
        EXPECT_FALSE(parse_cpu_list(bad)) << bad;
    Config config;
    config.workers = 2;
    EXPECT_EQ(cpus_of(config), (std::vector{0U, 1U, 2U}));
    config.lcores = "7,3-6";
    EXPECT_EQ(cpus_of(config), (std::vector{7U, 3U, 4U}));
}

}  // namespace
}  // namespace honeyswitch::control
