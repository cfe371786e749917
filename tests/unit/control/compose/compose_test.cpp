// From the text of a configuration to what each part gets of it: a row for each word that has to arrive.
#include <algorithm>

#include "control/compose/classifier_part.hpp"
#include "control/compose/controller_part.hpp"
#include "control/compose/data_plane_part.hpp"
#include "control/compose/eal_part.hpp"
#include "control/compose/honeypots_part.hpp"
#include "control/compose/lists_part.hpp"
#include "control/compose/modes_part.hpp"
#include "control/compose/parts.hpp"
#include "control/compose/ports_part.hpp"
#include "control/compose/sockets_part.hpp"
#include "control/config/campus.hpp"
#include "control/config/port_spec.hpp"
#include "dataplane/eal/queue_sizes.hpp"
#include "tests/unit/control/config/config_text.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

const std::string policy_text = two_pools + R"(
[[rule]]
name = "decoy"
source = "192.0.2.0/24"
destination = "10.9.0.0/24"
protocol = "tcp"
ports = "22-23"
action = "divert"
pool = "high"
[[rule]]
name = "partners"
source = "198.51.100.0/24"
action = "inside"
[[list]]
name = "attackers"
kind = "attacker"
pool = "high"
[[list]]
name = "scanners"
kind = "benign"
protocol = "udp"
ports = "53"
[[tier]]
from = "low"
to = "high"
sessions = 3
)";

Ipv4Prefix prefix(const char* text) {
    return parse_prefix(text).value();
}
Config config_of(const std::string& text) {
    auto loaded = load(text);
    EXPECT_TRUE(loaded) << loaded.error().message();
    return loaded ? std::move(loaded->config) : Config{};
}
/// As a start gives them.
Numbers first_numbers(const Config& config) {
    return ConfigNumbers().numbers_for(config).value();
}
/// Of honeypots a and b, pools low and high, lists attackers and scanners.
const Numbers others{.honeypots = {7, 3}, .pools = {0, 5}, .lists = {9, 2}};

TEST(Compose, TheCampusIsAllThatTheConfigurationSaysIsItsOwn) {
    Config config = config_of(one_honeypot);
    config.static_active = {prefix("10.2.0.0/30")};
    config.campus = {prefix("10.3.0.0/16")};
    config.agents = {{.name = "east", .key_file = {}, .grants = {prefix("10.4.0.0/16")}}};
    EXPECT_EQ(possible_domains(config), (std::vector{prefix("10.1.0.0/16"), prefix("10.4.0.0/16")}));
    EXPECT_EQ(campus_of(config), (std::vector{prefix("10.1.0.0/16"), prefix("10.4.0.0/16"),
                                              prefix("10.2.0.0/30"), prefix("10.3.0.0/16")}));
}

TEST(Compose, RulesAndListsNamePoolsByTheirNumbers) {
    const auto classifier = classifier_config(config_of(policy_text), others);
    ASSERT_EQ(classifier.rules.size(), 2U);
    const auto& decoy = classifier.rules[0];
    EXPECT_EQ(decoy.action, dataplane::ClassifierRule::Action::divert);
    EXPECT_EQ(decoy.sources, (std::vector<dataplane::Prefix>{{0xc0000200, 24}}));
    EXPECT_EQ(decoy.destinations, (std::vector<dataplane::Prefix>{{0x0a090000, 24}}));
    EXPECT_EQ(decoy.protocol, 6);
    ASSERT_EQ(decoy.ports.size(), 1U);
    EXPECT_EQ(decoy.ports[0].first, 22);
    EXPECT_EQ(decoy.ports[0].last, 23);
    EXPECT_EQ(decoy.pool, 5);
    EXPECT_EQ(classifier.rules[1].action, dataplane::ClassifierRule::Action::inside);
    ASSERT_EQ(classifier.lists.size(), 10U);
    EXPECT_TRUE(classifier.lists[9].used && !classifier.lists[9].benign);
    EXPECT_EQ(classifier.lists[9].pool, 5);
    EXPECT_TRUE(classifier.lists[2].used && classifier.lists[2].benign);
    EXPECT_LT(classifier.lists[9].rank, classifier.lists[2].rank) << "the order of the file";
    EXPECT_EQ(std::ranges::count_if(classifier.lists, &dataplane::ClassifierList::used), 2);
    EXPECT_EQ(classifier.campus, (std::vector<dataplane::Prefix>{{0x0a010000, 16}}));
}

TEST(Compose, ModesFollowTheOperatorsWords) {
    Config config = config_of(one_honeypot);
    const auto modes = [&] { return mode_settings(config, first_numbers(config)); };
    EXPECT_FALSE(modes().open_containment || modes().limited_containment || modes().divert_backscatter);
    EXPECT_FALSE(modes().several_honeypots);
    EXPECT_EQ(modes().diverting, dataplane::Diverting::all);
    EXPECT_FALSE(honeypot_plane_config(config, first_numbers(config)).asks_nobody);
    config.diversion = DiversionMode::observe;
    EXPECT_EQ(modes().diverting, dataplane::Diverting::nothing);
    EXPECT_TRUE(honeypot_plane_config(config, first_numbers(config)).asks_nobody);
    config.containment = Containment::open;
    EXPECT_TRUE(modes().open_containment && !modes().limited_containment);
    config.containment = Containment::limited;
    EXPECT_TRUE(!modes().open_containment && modes().limited_containment);
    config.backscatter = Backscatter::honeypot;
    EXPECT_TRUE(modes().divert_backscatter);
    config.outlive_timeout = 7s;
    EXPECT_EQ(modes().outlive_ms, 7'000U);
    config.reply_caps = {1, 2, 3, 4};
    const auto rates = modes().reply_rates;
    EXPECT_EQ((std::array{rates.packets_per_source, rates.bytes_per_source, rates.packets_per_honeypot,
                          rates.bytes_per_honeypot}),
              (std::array{1U, 2U, 3U, 4U}));
}

/// Workers take what comes from a honeypot for that of number 0 where they need not look.
TEST(Compose, OnlyAHoneypotAloneUnderNumber0NeedNotBeToldFromOthers) {
    const Config one = config_of(one_honeypot), two = config_of(two_pools);
    EXPECT_FALSE(mode_settings(one, {.honeypots = {0}, .pools = {0}, .lists = {}}).several_honeypots);
    EXPECT_TRUE(mode_settings(one, {.honeypots = {1}, .pools = {0}, .lists = {}}).several_honeypots);
    EXPECT_TRUE(mode_settings(two, {.honeypots = {0, 1}, .pools = {0, 1}, .lists = {}}).several_honeypots);
}

TEST(Compose, TheControllerGetsDomainsTimesAndTiersByNumber) {
    Config config = config_of(policy_text);
    config.session_capacity = 1'000;
    config.high_water = 90;
    config.low_water = 50;
    config.agents = {{.name = "east", .key_file = {}, .grants = {prefix("10.4.0.0/16")}},
                     {.name = "west", .key_file = {}, .grants = {prefix("10.5.0.0/16")}}};
    config.sighting_lifetime = 3h;
    const auto controller = controller_config(config, others);
    EXPECT_EQ(controller.dark, config.dark);
    EXPECT_EQ(controller.grants, (std::vector{prefix("10.4.0.0/16"), prefix("10.5.0.0/16")}));
    EXPECT_EQ(controller.admission.high_water, 900U);
    EXPECT_EQ(controller.admission.low_water, 500U);
    EXPECT_EQ(controller.sighting_lifetime, 3h);
    EXPECT_EQ(controller.voucher_lifetime, 3h);
    ASSERT_EQ(controller.tiers.size(), 1U);
    EXPECT_EQ(controller.tiers[0].from, 0U);
    EXPECT_EQ(controller.tiers[0].to, 5U);
}

TEST(Compose, HoneypotsAndPoolsCarryTheirNumbers) {
    const auto plane = honeypot_plane_config(config_of(policy_text), others);
    ASSERT_EQ(plane.honeypots.size(), 2U);
    EXPECT_EQ(plane.honeypots[0].number, 7);
    EXPECT_EQ(plane.honeypots[0].record.name, "a");
    EXPECT_EQ(plane.honeypots[0].record.pool, 0U);
    EXPECT_EQ(plane.honeypots[1].number, 3);
    EXPECT_EQ(plane.honeypots[1].record.pool, 5U);
    ASSERT_EQ(plane.pools.size(), 2U);
    EXPECT_EQ(plane.pools[1].number, 5);
    EXPECT_EQ(plane.pools[1].record.name, "high");
}

TEST(Compose, TheDecoyIsAnAddressThatEachHoneypotAnswersFor) {
    struct Row {
        const char* dark;
        const char* campus;
        const char* decoy;
    };
    for (const auto& [dark, campus, decoy] :
         {Row{"10.1.0.0/16", "10.3.0.0/16", "10.1.0.1"}, Row{nullptr, "10.3.0.0/16", "10.3.0.1"},
          Row{"10.1.0.7/32", nullptr, "10.1.0.7"}, Row{nullptr, nullptr, "0.0.0.0"}}) {
        Config config = config_of(one_honeypot);
        config.dark.clear();
        if (dark != nullptr) config.dark = {prefix(dark)};
        if (campus != nullptr) config.campus = {prefix(campus)};
        const auto plane = honeypot_plane_config(config, first_numbers(config));
        EXPECT_EQ(to_string(plane.health.decoy), decoy);
    }
    Config rules_alone = config_of(policy_text);
    rules_alone.dark.clear();
    EXPECT_EQ(to_string(honeypot_plane_config(rules_alone, others).health.decoy), "10.9.0.1");
}

TEST(Compose, ListsKeepTheOrderOfTheFile) {
    const auto lists = numbered_lists(config_of(policy_text), others);
    ASSERT_EQ(lists.size(), 2U);
    EXPECT_EQ(lists[0].number, 9);
    EXPECT_EQ(lists[0].record.name, "attackers");
    EXPECT_EQ(lists[1].number, 2);
}

TEST(Compose, PortsAreNumberedFromOutsideToTheLastHoneypots) {
    Config config = config_of(one_honeypot);
    config.workers = 2;
    const auto ports = ports_config(config);
    std::vector<std::string> texts;
    for (const auto& port : ports.ports) texts.push_back(port.text);
    EXPECT_EQ(texts, (std::vector<std::string>{"0000:03:00.0", "0000:03:00.1", "dev:low", "dev:high"}));
    EXPECT_EQ(ports.workers, 2);
    EXPECT_EQ(ports.descriptors, dataplane::queue_sizes(config.mbufs, 2, 4).descriptors);
    std::vector<std::string> names;
    for (const auto& name : port_names(config)) names.push_back(name.side);
    EXPECT_EQ(names, (std::vector<std::string>{"outside", "inside", "honeypot", "honeypot2"}));
    EXPECT_EQ(ports.names, names) << "of an only link they need no name of it";
    EXPECT_EQ(ports.layout.links(), 1U);
}

TEST(Compose, PortsOfSeveralLinksComeInTheirOrder) {
    Config config = config_of(one_honeypot);
    config.links = {
        {.name = "west", .outside = config.outside, .inside = config.inside},
        {.name = "east", .outside = parse_port("dev:o").value(), .inside = parse_port("dev:i").value()}};
    config.outside = config.inside = {};
    const auto ports = ports_config(config);
    EXPECT_EQ(ports.layout.links(), 2U);
    EXPECT_EQ(data_plane_config(config).layout.links(), 2U);
    EXPECT_EQ(ports.names,
              (std::vector<std::string>{"outside of link west", "inside of link west", "outside of link east",
                                        "inside of link east", "honeypot", "honeypot2"}));
    EXPECT_EQ(ports.ports.at(2).text, "dev:o");
    EXPECT_EQ(buffers_of(config), config.mbufs + 4 * dataplane::xdp_buffers_a_queue);
    std::vector<std::string> links;
    for (const auto& name : port_names(config)) links.push_back(name.link);
    EXPECT_EQ(links, (std::vector<std::string>{"west", "west", "east", "east", "", ""}));
}

TEST(Compose, PortsOfMirrorsStandBetweenThoseOfLinksAndHoneypots) {
    Config config = config_of(one_honeypot);
    config.links = {{.name = "span", .outside = {}, .inside = {}, .mirror = parse_port("dev:s").value()},
                    {.name = "west", .outside = config.outside, .inside = config.inside}};
    config.outside = config.inside = {};
    config.link_state = LinkMode::wire;
    const auto ports = ports_config(config);
    EXPECT_EQ(ports.names, (std::vector<std::string>{"outside of link west", "inside of link west",
                                                     "mirror of link span", "honeypot", "honeypot2"}));
    EXPECT_EQ(ports.ports.at(2).text, "dev:s");
    EXPECT_EQ(ports.layout.side_of(2), dataplane::Side::mirror);
    EXPECT_EQ(data_plane_config(config).layout.side_of(3), dataplane::Side::honeypot);
    const auto pairs = link_pairs(config);
    ASSERT_EQ(pairs.size(), 1U) << "link_state is not asked of a mirror";
    EXPECT_EQ(pairs[0].name, "west");
    const auto shown = shown_config(config, first_numbers(config));
    EXPECT_EQ(shown.ports.at(2).name, "mirror");
    EXPECT_EQ(shown.ports.at(2).link, "span");
}

TEST(Compose, WorkersSleepWhereADeviceIsNoNic) {
    Config config = config_of(one_honeypot);
    EXPECT_EQ(idle_sleep_us(config), 50U);
    config.honeypot_ports = {config.outside};
    EXPECT_EQ(idle_sleep_us(config), 0U);
    config.idle_sleep_us = 9;
    EXPECT_EQ(idle_sleep_us(config), 9U);
}

TEST(Compose, BuffersOfAfXdpComeOnTop) {
    Config config = config_of(one_honeypot);
    config.workers = 3;
    EXPECT_EQ(buffers_of(config), config.mbufs + 2 * 3 * dataplane::xdp_buffers_a_queue);
    const auto with_xdp = memory_needed(config);
    config.kernel_io = KernelIo::af_packet;
    EXPECT_EQ(buffers_of(config), config.mbufs);
    EXPECT_LT(memory_needed(config), with_xdp);
}

bool has(const std::vector<std::string>& arguments, const std::string& word) {
    return std::ranges::find(arguments, word) != arguments.end();
}

TEST(Compose, EalGetsItsCpusDevicesAndNoFilesOfAnotherProcess) {
    Config config = config_of(one_honeypot);
    config.workers = 2;
    config.lcores = "4,6,7";
    config.drivers = {"/usr/lib/x.so"};
    const auto arguments = eal_arguments(config, 4242);
    EXPECT_EQ(arguments.front(), "--lcores=0@4,1@6,2@7");
    EXPECT_TRUE(has(arguments, "--file-prefix=honeyswitch-4242"));
    EXPECT_TRUE(has(arguments, "0000:03:00.0") && has(arguments, "0000:03:00.1"));
    EXPECT_TRUE(has(arguments, "/usr/lib/x.so"));
    EXPECT_TRUE(has(arguments, "--in-memory") && !has(arguments, "--no-huge") && !has(arguments, "--no-pci"));
    config.no_huge = true;
    config.outside = config.inside = config.honeypot_ports[0];
    const auto without = eal_arguments(config, 1);
    EXPECT_TRUE(has(without, "--no-huge") && has(without, "--no-pci") && !has(without, "--in-memory"));
    EXPECT_TRUE(has(without, "--iova-mode=va") && !has(arguments, "--iova-mode=va"));
}

TEST(Compose, TheDataPlaneIsAsLargeAsTheCapacitiesSay) {
    Config config = config_of(one_honeypot);
    config.session_capacity = 5;
    config.source_capacity = 6;
    config.pending_capacity = 7;
    config.heartbeat_timeout = 3s;
    const auto plane = data_plane_config(config);
    EXPECT_EQ(plane.sessions, 5U);
    EXPECT_EQ(plane.sources, 6U);
    EXPECT_EQ(plane.pending, 7U);
    EXPECT_EQ(plane.heartbeat_timeout_ms, 3'000U);
    EXPECT_EQ(plane.probe_source.host(), HealthOptions{}.probe_source.value);
}

TEST(Compose, SocketsAreWhereTheConfigurationSays) {
    Config config = config_of(one_honeypot);
    config.listen_address = "192.0.2.9";
    config.listen_port = 7;
    config.control_group = "staff";
    const auto sockets = sockets_config(config);
    EXPECT_EQ(sockets.notice_address, "192.0.2.9");
    EXPECT_EQ(sockets.notice_port, 7);
    EXPECT_EQ(sockets.operators, config.control_socket);
    EXPECT_EQ(sockets.change_group, "staff");
    EXPECT_EQ(sockets.read_group, "");
}

TEST(Compose, OperatorsAreShownNamesInTheOrderOfTheFile) {
    const auto shown = shown_config(config_of(policy_text), others);
    ASSERT_EQ(shown.honeypots.size(), 2U);
    EXPECT_EQ(shown.honeypots[1].number, 3);
    EXPECT_EQ(shown.honeypots[1].record.name, "b");
    EXPECT_EQ(shown.honeypots[1].record.pool, "high");
    EXPECT_EQ(shown.honeypots[1].record.port, "dev:low");
    EXPECT_EQ(shown.pools[0].record.name, "low");
    EXPECT_EQ(shown.lists[1].record.name, "scanners");
    EXPECT_EQ(shown.rules[0].pool, "high");
    EXPECT_EQ(shown.rules[1].pool, "");
    EXPECT_EQ(shown.ports[3].device, "dev:high");
}

}  // namespace
}  // namespace honeyswitch::control
