// The agent's configuration file, key files and lease files on disk.
#include <gtest/gtest.h>

#include "agent/config/config_file.hpp"
#include "agent/vouchers/voucher_files.hpp"
#include "agent/wire/key.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;

TEST(AgentConfig, TheExampleIsReadAndHoldsTheDefaults) {
    const auto options = read_config(std::filesystem::path(SOURCE_ROOT) / "conf/honeyswitch-agent.toml");
    ASSERT_TRUE(options) << options.error().message();
    EXPECT_EQ(options->name, "east");
    EXPECT_EQ(options->key_file, std::filesystem::path(SOURCE_ROOT) / "conf/east.key");
    ASSERT_EQ(options->domains.size(), 1U);
    EXPECT_EQ(options->domains[0].options.sweep.rate, SweepOptions{}.rate);
}

/// Every setting that the example comments out is a real one and has the default's value.
TEST(AgentConfig, TheExampleWithItsCommentsTakenAwayIsReadToo) {
    std::ifstream example(std::filesystem::path(SOURCE_ROOT) / "conf/honeyswitch-agent.toml");
    std::string text, line;
    while (std::getline(example, line)) {
        const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        text += (setting ? line.substr(1) : line) + "\n";
    }
    const TemporaryFolder folder;
    const auto options = read_config(folder.write("agent.toml", text));
    ASSERT_TRUE(options) << options.error().message();
    ASSERT_EQ(options->domains.size(), 2U);
    const auto& domain = options->domains[0].options;
    const DomainOptions defaults;
    EXPECT_EQ(domain.sweep.rate, defaults.sweep.rate);
    EXPECT_EQ(domain.sweep.retries, defaults.sweep.retries);
    EXPECT_EQ(domain.sweep.interval, defaults.sweep.interval);
    EXPECT_EQ(domain.sweep.patience, defaults.sweep.patience);
    EXPECT_EQ(domain.probe.count, defaults.probe.count);
    EXPECT_EQ(domain.probe.interval, defaults.probe.interval);
    EXPECT_EQ(domain.probe.hold, defaults.probe.hold);
    EXPECT_EQ(domain.proxy.limit, defaults.proxy.limit);
    EXPECT_EQ(domain.min_answers, defaults.min_answers);
    EXPECT_EQ(domain.cut_off_hosts, defaults.cut_off_hosts);
    EXPECT_EQ(domain.cut_off_sweeps, defaults.cut_off_sweeps);
    EXPECT_EQ(domain.always.size(), 3U);
    EXPECT_EQ(domain.sender, parse_address("10.1.0.250").value());
    EXPECT_EQ(domain.proxy.ignored.size(), 1U);
    EXPECT_EQ(options->domains[1].options.vlan, 20);
    EXPECT_EQ(options->domains[1].options.sender, parse_address("10.1.20.250").value());
    EXPECT_EQ(options->leases.size(), 2U);
    EXPECT_EQ(options->leases[1].format, LeaseFormat::kea_memfile);
}

TEST(AgentConfig, SaysWhereItIsWrong) {
    struct Row {
        const char* text;
        const char* line;
        const char* reason;
    };
    const TemporaryFolder folder;
    for (const auto& [text, line, reason] :
         {Row{"name = \"a\"\nnmae = \"b\"\n", ":2", "nmae: there is no such setting"},
          Row{"name = \n", ":1", "Error"}, Row{"name = 5\n", ":1", "name: must be a string"},
          Row{"controllers = [1]\n", ":1", "controllers: must be a list of strings"},
          Row{"[[domain]]\nvlan = 3\n", ":1", "interface: is missing"},
          Row{"[[domain]]\ninterface = \"e\"\nvlan = 4095\n", ":3",
              "vlan: must be a whole number from 1 to 4094"},
          Row{"[[domain]]\ninterface = \"e\"\nvlan = 5\n", ":1", "prefix: is needed"},
          Row{"[[domain]]\ninterface = \"e\"\nprefix = \"10.0.0.0/8\"\n", ":3",
              "prefix: a domain is a /16 to a /30"},
          Row{"[[domain]]\ninterface = \"e\"\nprefix = \"10.0.0.1/24\"\n", ":3", "did you mean 10.0.0.0/24?"},
          Row{"[[domain]]\ninterface = \"e\"\nprefix = \"10.0.0.0/24\"\nalways = [\"10.0.1.1\"]\n", ":4",
              "is not in"},
          Row{"[[domain]]\ninterface = \"e\"\n[domain.sweep]\nrate = 0\n", ":4", "rate: must be"},
          Row{"[[domain]]\ninterface = \"e\"\n[domain.sweep]\ninterval = \"60\"\n", ":4",
              "is not a duration"},
          // As nanoseconds in 64 bits this would be 85 minutes.
          Row{"[[domain]]\ninterface = \"e\"\n[domain.sweep]\ninterval = \"5124097h\"\n", ":4",
              "interval: '5124097h' is not from 1s to 168h"},
          Row{"[[domain]]\ninterface = \"e\"\n[domain.probe]\nhold = \"169h\"\n", ":4",
              "hold: '169h' is not from 0s to 168h"},
          Row{"[[domain]]\ninterface = \"e\"\n[domain.sweeep]\nrate = 1\n", ":3",
              "sweeep: there is no such setting"},
          Row{"[[domain]]\ninterface = \"e\"\n[domain.proxy]\nallowed = [\"x\"]\n", ":4",
              "is not a MAC address"},
          Row{"[[domain]]\ninterface = \"e\"\n[domain.proxy]\nallowed = [\"02:00:00:00:00:01\"]\n"
              "ignored = [\"02:00:00:00:00:01\"]\n",
              ":5", "ignored: 02:00:00:00:00:01 is in allowed as well"},
          Row{"[[domain]]\ninterface = \"e\"\nprefix = \"10.0.0.0/24\"\nsender = \"10.0.0.255\"\n", ":4",
              "sender: 10.0.0.255 is no host's address of 10.0.0.0/24"},
          Row{"[[leases]]\nfile = \"x\"\nformat = \"dnsmasq\"\n", ":3",
              "format: must be \"isc\" or \"kea\""}}) {
        const auto options = read_config(folder.write("agent.toml", text));
        ASSERT_FALSE(options) << text;
        EXPECT_TRUE(options.error().object.ends_with(std::string("agent.toml") + line))
            << text << options.error().message();
        EXPECT_NE(options.error().reason.find(reason), std::string::npos) << options.error().message();
    }
    EXPECT_FALSE(read_config(folder.path() / "none.toml"));
}

TEST(KeyFile, IsWrittenOnceForItsOwnerAlone) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "agent.key";
    ASSERT_TRUE(generate_key(path));
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
    const auto key = load_key(path);
    ASSERT_TRUE(key);
    EXPECT_NE(*key, Key{});
    EXPECT_FALSE(generate_key(path));
    EXPECT_EQ(load_key(path), *key) << "not overwritten";
}

TEST(KeyFile, RefusesWhatIsNoKeyOrIsNoSecret) {
    const TemporaryFolder folder;
    const std::string digits(64, 'a');
    EXPECT_TRUE(load_key(folder.write("k", digits)));
    EXPECT_TRUE(load_key(folder.write("k", "  " + digits + "\r\n")));
    for (const auto& text : {std::string(), std::string(63, 'a'), digits + "a", digits + "aa",
                             std::string(64, 'g'), digits.substr(1) + " a", std::string(300, ' ') + digits})
        EXPECT_FALSE(load_key(folder.write("k", text))) << text;
    for (const unsigned mode : {0640U, 0604U, 0660U, 0644U, 0602U}) {
        const auto key = load_key(folder.write("k", digits, std::filesystem::perms(mode)));
        ASSERT_FALSE(key);
        EXPECT_NE(key.error().reason.find("chmod 0600"), std::string::npos);
    }
    EXPECT_FALSE(load_key(folder.path()));
    EXPECT_FALSE(load_key(folder.path() / "none"));
}

const auto domain = *parse_prefix("10.0.0.0/24");

std::vector<Ipv4Address> vouched(const VoucherFiles& files) {
    std::vector<Ipv4Address> addresses;
    for (const auto& [address, until] : files.vouchers(domain)) addresses.push_back(address);
    return addresses;
}

TEST(VoucherFiles, FollowFilesThatAreReplacedAndKeepWhatALostOneSaid) {
    const TemporaryFolder folder;
    const auto leases =
        folder.write("dhcpd.leases",
                     "lease 10.0.0.5 { ends never; binding state active; }\n"
                     "lease 10.0.0.6 { ends 1 2001/01/01 00:00:00; binding state active; }\n");
    const auto list = folder.write("static.list", "10.0.0.128/30\n10.9.0.0/16\n");
    auto files = VoucherFiles::open({{LeaseFormat::isc_dhcpd, leases}}, {list});
    ASSERT_TRUE(files) << files.error().message();
    EXPECT_EQ(vouched(*files), (std::vector<Ipv4Address>{
                                   {0x0a000005}, {0x0a000080}, {0x0a000081}, {0x0a000082}, {0x0a000083}}));

    const auto renewed = folder.write("new", "lease 10.0.0.7 { ends never; binding state active; }\n");
    std::filesystem::rename(renewed, leases);
    folder.write("static.list", "10.0.0.128/30\nnonsense\n");
    const auto now = Clock::now();
    files->drain(now);
    EXPECT_LE(files->due(), now + 1s) << "the folder's change was seen";
    EXPECT_TRUE(files->refresh(files->due()));
    EXPECT_EQ(vouched(*files), (std::vector<Ipv4Address>{
                                   {0x0a000007}, {0x0a000080}, {0x0a000081}, {0x0a000082}, {0x0a000083}}));
    std::filesystem::remove(leases);
    std::filesystem::remove(list);
    EXPECT_TRUE(files->refresh(files->due()));
    EXPECT_EQ(vouched(*files).size(), 5U);
}

TEST(VoucherFiles, ReadWhatKeasCleanUpLeavesBeside) {
    const TemporaryFolder folder;
    const std::string header = "address,valid_lifetime,expire,state\n";
    const auto path = folder.write("leases.csv", header + "10.0.0.7,4294967295,0,0\n");
    folder.write("leases.csv.2", header + "10.0.0.5,4294967295,0,0\n10.0.0.6,4294967295,0,0\n");
    folder.write("leases.csv.1", header + "10.0.0.6,0,0,0\n");
    const auto files = VoucherFiles::open({{LeaseFormat::kea_memfile, path}}, {});
    ASSERT_TRUE(files);
    EXPECT_EQ(vouched(*files), (std::vector<Ipv4Address>{{0x0a000005}, {0x0a000007}}));
}

TEST(VoucherFiles, RefuseAListWithAnErrorAtTheStart) {
    const TemporaryFolder folder;
    const auto files = VoucherFiles::open({}, {folder.write("static.list", "10.0.0.1\nx\n")});
    ASSERT_FALSE(files);
    EXPECT_TRUE(files.error().object.ends_with("static.list:2"));
    EXPECT_FALSE(VoucherFiles::open({}, {folder.path() / "none"}));
}

}  // namespace
}  // namespace honeyswitch::agent
