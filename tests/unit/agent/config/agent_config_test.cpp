// The agent's configuration file, key files and lease files on disk.
#include <gtest/gtest.h>

#include "agent/config/agent_settings.hpp"
#include "agent/config/config_file.hpp"
#include "agent/vouchers/voucher_files.hpp"
#include "agent/wire/key.hpp"
#include "tests/unit/fixtures/temporary_folder.hpp"

namespace honeyswitch::agent {
namespace {

using namespace std::chrono_literals;

const std::filesystem::path example = std::filesystem::path(SOURCE_ROOT) / "conf/honeyswitch-agent.toml";

TEST(AgentConfig, TheExampleIsReadWithoutAWarning) {
    const auto draft = read_config(example);
    ASSERT_TRUE(draft) << draft.error().message();
    EXPECT_TRUE(draft->warnings.empty());
    EXPECT_EQ(draft->options.name, "east");
    EXPECT_EQ(draft->options.key_file, std::filesystem::path(SOURCE_ROOT) / "conf/east.key");
    ASSERT_EQ(draft->options.domains.size(), 1U);
}

/// Every setting that the example comments out is a real one, none is missing, and each has the default's
/// value, if it has one.
TEST(AgentConfig, TheExampleWithItsCommentsTakenAwayShowsTheDefaults) {
    std::ifstream file(example);
    std::string text, line;
    while (std::getline(file, line)) {
        const bool setting = line.size() > 1 && line[0] == '#' && line[1] != ' ';
        text += (setting ? line.substr(1) : line) + "\n";
    }
    const TemporaryFolder folder;
    const auto draft = read_config(folder.write("agent.toml", text));
    ASSERT_TRUE(draft) << draft.error().message();
    EXPECT_TRUE(check_domains(*draft));
    ASSERT_EQ(draft->options.domains.size(), 2U);
    for (const auto& setting : agent_settings()) {
        EXPECT_TRUE(draft->places.contains(setting.name())) << setting.name();
        const auto initial = setting.show(AgentOptions{});
        if (!initial.empty()) {
            EXPECT_EQ(setting.show(draft->options), initial) << setting.name();
        }
    }
    for (const auto& setting : domain_settings()) {
        const bool of_a_trunk = setting.key == "vlan";
        EXPECT_TRUE(draft->places.contains(domain_value(of_a_trunk ? 1 : 0) + setting.name()))
            << setting.name();
        const auto initial = setting.show(DomainSpec{});
        if (!initial.empty()) {
            EXPECT_EQ(setting.show(draft->options.domains[0]), initial) << setting.name();
        }
    }
    EXPECT_EQ(draft->options.domains[1].options.vlan, 20);
    ASSERT_EQ(draft->options.leases.size(), 2U);
    EXPECT_EQ(draft->options.leases[1].format, LeaseFormat::kea_memfile);
}

/// What is told of a file, without the folder of the test.
std::string told(const TemporaryFolder& folder, const std::string& text) {
    auto draft = read_config(folder.write("agent.toml", text));
    const auto checked = draft ? check_domains(*draft) : std::unexpected(draft.error());
    auto message = checked ? "read" : checked.error().message();
    const auto prefix = folder.path().string() + "/agent.toml:";
    for (auto at = message.find(prefix); at != std::string::npos; at = message.find(prefix))
        message.erase(at, prefix.size());
    return message;
}

const std::string of_e = "[[domain]]\ninterface = \"e\"\n";

TEST(AgentConfig, SaysWhereItIsWrong) {
    struct Row {
        std::string text, message;
    };
    const TemporaryFolder folder;
    for (const auto& [text, message] :
         {Row{"name = \"a\"\nnames = \"b\"\n", "2:1: unknown key 'names'; did you mean 'name'?"},
          Row{"name = 5\n", "1:8: name must be a string, not an integer"},
          Row{"controller = [1]\n",
              "1:15: controller must be a string or an array of strings, not an integer"},
          Row{"domain = 1\n", "1:10: domain must be written as tables of its own: [[domain]]"},
          Row{"[[domain]]\nvlan = 3\n",
              "1:1: [[domain]]: interface is missing; write interface = \"NAME\"\n"
              "2:8: prefix is missing, and a VLAN has no address here to take it from"},
          Row{of_e + "vlan = 4095\n", "3:8: [[domain]] vlan: '4095' is not an integer from 1 to 4094"},
          Row{of_e + "prefix = \"10.0.0.0/8\"\n",
              "3:10: [[domain]] prefix: '10.0.0.0/8' is no domain: one is a /16 to a /30"},
          Row{of_e + "prefix = \"10.0.0.1/24\"\n",
              "3:10: [[domain]] prefix: '10.0.0.1/24' has bits below its mask; did you mean 10.0.0.0/24?"},
          Row{of_e + "prefix = \"127.0.0.0/24\"\n",
              "3:10: [[domain]] prefix: '127.0.0.0/24' overlaps with 127.0.0.0/8 (loopback), where no host "
              "can "
              "be"},
          Row{of_e + "prefix = \"10.0.0.0/24\"\nalways = [\"10.0.1.1\"]\ngateway = \"10.0.1.2\"\n",
              "4:11: 10.0.1.1 is not in 10.0.0.0/24\n5:11: 10.0.1.2 is not in 10.0.0.0/24"},
          Row{of_e + "[domain.sweep]\nrate = 0\n",
              "4:8: [domain.sweep] rate: '0' is not an integer from 1 to 100000"},
          Row{of_e + "[domain.sweep]\ninterval = \"60\"\n",
              "4:12: [domain.sweep] interval: '60' is not a duration: write a number and its unit (ms, s, m, "
              "h, d "
              "or w), such as 500ms, 60s, 10m or 1h"},
          // As nanoseconds in 64 bits this would be 85 minutes.
          Row{of_e + "[domain.sweep]\ninterval = \"5124097h\"\n",
              "4:12: [domain.sweep] interval: '5124097h' is not from 1s to 168h"},
          Row{of_e + "[domain.probe]\nhold = \"169h\"\n",
              "4:8: [domain.probe] hold: '169h' is not from 0s to 168h"},
          Row{of_e + "[domain.sweeep]\nrate = 1\n",
              "3:9: [[domain]]: unknown table 'sweeep'; did you mean 'sweep'?"},
          Row{of_e + "rate = 1\n", "3:1: [[domain]]: unknown key 'rate'; it belongs into [domain.sweep]"},
          Row{of_e + "[domain.proxy]\nallowed = [\"x\"]\n",
              "4:12: [domain.proxy] allowed: 'x' is not a MAC address"},
          Row{of_e + "[domain.proxy]\nallowed = [\"02:00:00:00:00:01\"]\nignored = [\"02:00:00:00:00:01\"]\n",
              "5:12: 02:00:00:00:00:01 is both allowed and ignored"},
          Row{of_e + "prefix = \"10.0.0.0/24\"\nsender = \"10.0.0.255\"\n",
              "4:10: the sender 10.0.0.255 is no host's address of 10.0.0.0/24"},
          Row{"[[leases]]\nformat = \"dnsmasq\"\n",
              "1:1: [[leases]]: file is missing\n2:10: [[leases]] format: 'dnsmasq' is not one of isc, kea"}})
        EXPECT_EQ(told(folder, text), message) << text;
    EXPECT_TRUE(told(folder, "name = \n").starts_with("1:8: Error")) << told(folder, "name = \n");
    EXPECT_FALSE(read_config(folder.path() / "none.toml"));
    EXPECT_FALSE(read_config(folder.path()));
}

TEST(AgentConfig, UnderstandsFormerNamesAndSaysThoseOfToday) {
    const TemporaryFolder folder;
    const auto file =
        folder.write("agent.toml", "key = \"a.key\"\ncontrollers = [\"c\"]\nstatic_lists = [\"l\"]\n");
    const auto draft = read_config(file);
    ASSERT_TRUE(draft) << draft.error().message();
    EXPECT_EQ(draft->options.key_file, folder.path() / "a.key");
    EXPECT_EQ(draft->options.controllers, std::vector<std::string>{"c"});
    EXPECT_EQ(draft->options.static_lists, std::vector{folder.path() / "l"});
    std::vector<std::string> warnings;
    for (const auto& warning : draft->warnings) warnings.push_back(warning.sentence());
    EXPECT_EQ(warnings,
              (std::vector<std::string>{file.string() + ":1:1: key is now called key_file",
                                        file.string() + ":2:1: controllers is now called controller",
                                        file.string() + ":3:1: static_lists is now called static_list"}));
    EXPECT_EQ(told(folder, "key = \"a\"\nkey_file = \"b\"\n"),
              "1:1: key is now called key_file, which is there as well, at 2:12");
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
