#include "control/config/config_check.hpp"

#include <array>
#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "control/config/flow_text.hpp"
#include "control/config/port_spec.hpp"

namespace honeyswitch::control {
namespace {

Ipv4Prefix prefix(const char* text) {
    return parse_prefix(text).value();
}

AllowedFlow flow(const char* text) {
    return parse_allowed_flow(text).value();
}

Agent agent_of(const char* name, std::uint8_t key, std::vector<Ipv4Prefix> grants) {
    Agent made{.name = name, .key_file = {}, .key = {}, .grants = std::move(grants)};
    made.key.fill(key);
    return made;
}

Honeypot honeypot_of(const char* name, const char* mac = nullptr) {
    Honeypot made;
    made.name = name;
    if (mac != nullptr) made.mac = parse_mac(mac).value();
    return made;
}

Link link_of(const char* name, const char* outside, const char* inside) {
    return {.name = name, .outside = parse_port(outside).value(), .inside = parse_port(inside).value()};
}

/// Instead of the short form.
void set_links(Config& config, std::vector<Link> links) {
    config.outside = config.inside = {};
    config.links = std::move(links);
}

/// A configuration without a fault.
ConfigDraft sound() {
    ConfigDraft draft;
    draft.source = "x.toml";
    draft.config.outside = parse_port("0000:03:00.0").value();
    draft.config.inside = parse_port("dev:eth1").value();
    draft.config.honeypot_ports = {parse_port("vdev:net_pcap0,rx_pcap=a").value()};
    draft.config.pools = {{.name = "default"}};
    draft.config.honeypots = {honeypot_of("main")};
    draft.config.agents = {agent_of("east", 1, {prefix("10.1.0.0/16")})};
    draft.places = {{"inside", "x.toml:3:1"},
                    {"[[link]][1].name", "x.toml:21:8"},
                    {"[[link]][1].inside", "x.toml:23:10"},
                    {"lcores", "--lcores"},
                    {"dark[0]", "x.toml:5:9"},
                    {"dark[1]", "x.toml:5:20"},
                    {"active[0]", "x.toml:6:9"},
                    {"active[1]", "x.toml:6:20"},
                    {"[[agent]][0].grants", "x.toml:8:1"},
                    {"[[agent]][0].grants[1]", "x.toml:8:20"},
                    {"[[agent]][1].name", "x.toml:10:8"},
                    {"[[agent]][1].key_file", "x.toml:11:8"},
                    {"[[honeypot]][0].mac", "x.toml:13:7"},
                    {"[[honeypot]][1]", "x.toml:14:1"},
                    {"honeypot[1]", "x.toml:4:20"},
                    {"honeypot[8]", "x.toml:4:90"},
                    {"low_water", "x.toml:7:13"},
                    {"campus[0]", "x.toml:9:11"},
                    {"containment.mode", "--containment-mode"},
                    {"allow[0]", "x.toml:16:10"}};
    return draft;
}

struct Row {
    std::function<void(Config&)> change;
    std::string message;
};

TEST(ConfigCheck, FindsNoFaultInASoundOne) {
    const auto warnings = check_config(sound());
    ASSERT_TRUE(warnings) << warnings.error().message();
    EXPECT_TRUE(warnings->empty()) << warnings->front();
}

TEST(ConfigCheck, RefusesWhatCannotWork) {
    const std::array rows{
        Row{[](Config& c) { c.outside = {}; },
            "x.toml: no outside port: write outside = \"PORT\" in [ports], or --outside PORT"},
        Row{[](Config& c) { c.inside = parse_port("0000:03:00.0").value(); },
            "x.toml:3:1: the inside port is the same device as the outside port: '0000:03:00.0'"},
        Row{[](Config& c) { c.inside = parse_port("vdev:net_pcap0,rx_pcap=b").value(); },
            "x.toml: the honeypot port is the same device as the inside port: 'vdev:net_pcap0,rx_pcap=a'"},
        Row{[](Config& c) {
                c.workers = 3;
                c.lcores = "0-2";
            },
            "--lcores: lcores '0-2' names 3 CPUs, but the control thread and 3 workers need 4"},
        Row{[](Config& c) {
                c.workers = 3;
                c.mbufs = 6'000;
            },
            "x.toml: 6000 packet buffers are too few for 3 workers, which need 2048 each"},
        Row{[](Config& c) { c.honeypot_mtu = 1'599; },
            "x.toml: honeypot_mtu 1599 is less than mtu 1600: a packet of the link could not reach a "
            "honeypot"},
        Row{[](Config& c) { c.mtu = c.honeypot_mtu = 2'859; },
            "x.toml: mtu 2859 is more than AF_XDP can pass, which the inside port 'dev:eth1' uses: 2858 at "
            "most; "
            "kernel_io = \"af_packet\" can"},
        Row{[](Config& c) { c.honeypot_mtu = 9'000; },
            "x.toml: honeypot_mtu 9000 is more than AF_XDP can pass, which the inside port 'dev:eth1' uses: "
            "2858 "
            "at most; kernel_io = \"af_packet\" can"},
        Row{[](Config& c) { c.honeypots.clear(); },
            "x.toml: no honeypot: write a [[honeypot]] with its name, or --honeypot-mac MAC"},
        Row{[](Config& c) { c.honeypot_ports.clear(); },
            "x.toml: no honeypot port: write honeypot = \"PORT\" in [ports], or --honeypot PORT"},
        Row{[](Config& c) { c.links = {link_of("west", "dev:w", "dev:x")}; },
            "x.toml: outside is the port of an only link, and there is a [[link]] 'west': write "
            "'0000:03:00.0' in a [[link]] of its own, or take it out\n"
            "x.toml:3:1: inside is the port of an only link, and there is a [[link]] 'west': write "
            "'dev:eth1' "
            "in a [[link]] of its own, or take it out"},
        Row{[](Config& c) {
                set_links(c, {link_of("west", "dev:w", "dev:x"), link_of("west", "dev:y", "dev:z")});
            },
            "x.toml:21:8: [[link]] 'west': another link has this name"},
        Row{[](Config& c) {
                set_links(c, {link_of("west", "dev:w", "dev:x"), link_of("east", "dev:y", "dev:w")});
            },
            "x.toml:23:10: the inside port of link 'east' is the same device as the outside port of link "
            "'west': "
            "'dev:w'"},
        Row{[](Config& c) { set_links(c, {link_of("west", "dev:w", "dev:w")}); },
            "x.toml: the inside port of link 'west' is the same device as the outside port of link 'west': "
            "'dev:w'"},
        Row{[](Config& c) {
                set_links(c, {link_of("west", "dev:w", "dev:x")});
                c.honeypot_ports = {parse_port("dev:x").value()};
            },
            "x.toml: the honeypot port is the same device as the inside port of link 'west': 'dev:x'"},
        Row{[](Config& c) { c.honeypot_ports.push_back(parse_port("dev:eth1").value()); },
            "x.toml:4:20: the honeypot port is the same device as the inside port: 'dev:eth1'"},
        Row{[](Config& c) { c.honeypot_ports.push_back(parse_port("vdev:net_pcap0,rx_pcap=b").value()); },
            "x.toml:4:20: the honeypot port is the same device as another honeypot port: "
            "'vdev:net_pcap0,rx_pcap=b'"},
        Row{[](Config& c) { c.honeypot_ports.resize(9, c.honeypot_ports[0]); },
            "x.toml:4:90: there are 9 honeypot ports, and there can be 8"},
        Row{[](Config& c) { c.low_water = 80; }, "x.toml:7:13: low_water 80 is not less than high_water 80"},
        Row{[](Config& c) { c.campus = {prefix("0.0.0.0/0")}; },
            "x.toml:9:11: campus prefix '0.0.0.0/0' is larger than a /8"},
        Row{[](Config& c) { c.campus = {prefix("10.0.0.0/8"), prefix("10.0.0.0/8")}; },
            "x.toml: campus prefix '10.0.0.0/8' is there twice"},
        Row{[](Config& c) { c.honeypots[0].mac = parse_mac("01:00:5e:00:00:01").value(); },
            "x.toml:13:7: [[honeypot]] 'main': mac '01:00:5e:00:00:01' is not a station's own address"},
        Row{[](Config& c) { c.agents.push_back(agent_of("east", 2, {prefix("10.2.0.0/16")})); },
            "x.toml:10:8: [[agent]] 'east': another agent has this name"},
        Row{[](Config& c) { c.agents.push_back(agent_of("west", 1, {prefix("10.2.0.0/16")})); },
            "x.toml:11:8: [[agent]] 'west': it has the key of agent 'east', so that each could speak for the "
            "other"},
        Row{[](Config& c) { c.agents[0].grants.clear(); },
            "x.toml:8:1: [[agent]] 'east': grants is empty; it could report nothing"},
        Row{[](Config& c) { c.agents[0].grants.push_back(prefix("10.1.0.0/16")); },
            "x.toml:8:20: [[agent]] 'east': grant '10.1.0.0/16' is there twice"},
        Row{[](Config& c) { c.agents[0].grants.push_back(prefix("0.0.0.0/0")); },
            "x.toml:8:20: [[agent]] 'east': grant '0.0.0.0/0' is larger than a /8"},
        Row{[](Config& c) { c.dark = {prefix("0.0.0.0/1")}; },
            "x.toml:5:9: dark prefix '0.0.0.0/1' is larger than a /8"},
        Row{[](Config& c) { c.dark = {prefix("10.2.0.0/16"), prefix("10.2.0.0/16")}; },
            "x.toml:5:20: dark prefix '10.2.0.0/16' is there twice"},
        Row{[](Config& c) { c.dark = {prefix("10.1.0.0/16")}; },
            "x.toml:5:9: dark prefix '10.1.0.0/16' is also granted to agent 'east': either nobody lives "
            "there, or the agent reports who does"},
        Row{[](Config& c) {
                c.domain_capacity = 1;
                c.dark = {prefix("10.2.0.0/16"), prefix("10.3.0.0/16")};
            },
            "x.toml: domain_capacity 1 is less than the 2 dark prefixes"},
        Row{[](Config& c) { c.static_active = {prefix("10.1.0.1/32"), prefix("10.1.0.1/32")}; },
            "x.toml:6:20: active prefix '10.1.0.1/32' is there twice"},
        Row{[](Config& c) {
                c.address_capacity = 256;
                c.static_active = {prefix("10.1.0.0/24"), prefix("10.1.1.0/32")};
            },
            "x.toml: address_capacity 256 is less than the 257 addresses of the active prefixes"},
        Row{[](Config& c) {
                c.address_capacity = 65'536;
                c.dark = {prefix("10.2.0.0/16"), prefix("10.3.0.0/32")};
            },
            "x.toml: address_capacity 65536 is less than the 65537 addresses of the dark prefixes"},
        Row{[](Config& c) {
                c.inside = parse_port("dev:eth1").value();
                c.honeypot_ports = {parse_port("vdev:net_af_xdp0,queue_count=1,iface=eth1").value()};
            },
            "x.toml: the honeypot port is the same device as the inside port: "
            "'vdev:net_af_xdp0,queue_count=1,iface=eth1'"},
    };
    for (const auto& [change, message] : rows) {
        auto draft = sound();
        change(draft.config);
        const auto checked = check_config(draft);
        EXPECT_EQ(checked ? "accepted" : checked.error().message(), message);
    }
}

TEST(ConfigCheck, RefusesPrefixesThatNoHostCanBeOn) {
    struct Place {
        const char *text, *where;
    };
    const std::array places{Place{"0.0.0.0/16", "0.0.0.0/8 (this network)"},
                            Place{"0.1.0.0/16", "0.0.0.0/8 (this network)"},
                            Place{"127.0.0.0/8", "127.0.0.0/8 (loopback)"},
                            Place{"239.1.0.0/16", "224.0.0.0/4 (multicast)"},
                            Place{"240.0.0.0/8", "240.0.0.0/4 (reserved and broadcast)"},
                            Place{"255.255.255.255/32", "240.0.0.0/4 (reserved and broadcast)"}};
    for (const auto& [text, where] : places) {
        const auto message = [&](const char* what, auto change) {
            auto draft = sound();
            change(draft.config);
            const auto checked = check_config(draft);
            EXPECT_EQ(
                checked ? "accepted" : checked.error().message(),
                fmt::format("x.toml:{} '{}' overlaps with {}, where no host can be", what, text, where));
        };
        message("5:9: dark prefix", [&](Config& c) { c.dark = {prefix(text)}; });
        message("6:9: active prefix", [&](Config& c) { c.static_active = {prefix(text)}; });
        message("8:20: [[agent]] 'east': grant",
                [&](Config& c) { c.agents[0].grants.push_back(prefix(text)); });
    }
    auto draft = sound();
    draft.config.static_active = {prefix("0.0.0.0/0")};
    EXPECT_FALSE(check_config(draft)) << "it holds them all";
}

TEST(ConfigCheck, WarnsOfWhatWorksOtherwiseThanMeant) {
    const std::array rows{
        Row{[](Config& c) { c.agents.clear(); },
            "x.toml: there is no [[agent]], no dark prefix, no attacker list and no rule that diverts: "
            "nothing is "
            "diverted"},
        Row{[](Config& c) { c.lcores = "0-2"; },
            "--lcores: lcores '0-2' names 3 CPUs; only the first 2 are used"},
        Row{[](Config& c) { c.dark = {prefix("10.2.0.0/16"), prefix("10.2.4.0/24")}; },
            "x.toml:5:20: dark prefixes '10.2.4.0/24' and '10.2.0.0/16' overlap"},
        Row{[](Config& c) { c.dark = {prefix("10.1.4.0/24")}; },
            "x.toml:5:9: dark prefix '10.1.4.0/24' lies within the grant '10.1.0.0/16' of agent 'east': "
            "until "
            "the agent reports a host there, its traffic is diverted"},
        Row{[](Config& c) { c.static_active = {prefix("10.9.0.1/32")}; },
            "x.toml:6:9: active prefix '10.9.0.1/32' is in no dark prefix and no grant: its traffic goes "
            "inside anyway"},
        Row{[](Config& c) { c.static_active = {prefix("10.1.0.0/16")}; },
            "x.toml:6:9: active prefix '10.1.0.0/16' covers all of '10.1.0.0/16': nothing there is diverted"},
        Row{[](Config& c) { c.containment = Containment::limited; },
            "--containment-mode: containment is limited, but allow is empty: honeypots may open no flow, as "
            "with "
            "session"},
        Row{[](Config& c) { c.containment_allow = {flow("udp:53:192.0.2.53/32")}; },
            "x.toml:16:10: allow has no effect, as containment is not limited"},
        Row{[](Config& c) {
                c.containment = Containment::limited;
                c.containment_allow = {flow("tcp:80:0.0.0.0/0")};
            },
            "x.toml:16:10: allow 'tcp:80:0.0.0.0/0' lets a honeypot that was broken into reach everybody "
            "there"},
        Row{[](Config& c) {
                c.containment = Containment::limited;
                c.containment_allow = {flow("udp:53:10.1.0.53/32")};
            },
            "x.toml:16:10: allow 'udp:53:10.1.0.53/32' lies within '10.1.0.0/16' of the campus, where "
            "nothing "
            "of a honeypot goes"},
    };
    for (const auto& [change, message] : rows) {
        auto draft = sound();
        change(draft.config);
        const auto checked = check_config(draft);
        ASSERT_TRUE(checked) << checked.error().message();
        EXPECT_EQ(*checked, std::vector{message});
    }
}

TEST(ConfigCheck, LetsAGrantLieWithinADarkPrefix) {
    auto draft = sound();
    draft.config.dark = {prefix("10.0.0.0/8")};
    draft.config.address_capacity = 1U << 24;
    const auto checked = check_config(draft);
    ASSERT_TRUE(checked) << checked.error().message();
    EXPECT_TRUE(checked->empty());
}

}  // namespace
}  // namespace honeyswitch::control
