// An Inspector over the parts of a control plane, which a test brings into a state that it knows.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "control/compose/ports_part.hpp"
#include "control/dpdk/prefix_of.hpp"
#include "control/process/inspector.hpp"
#include "control/process/state_keeper.hpp"
#include "tests/unit/fixtures/appliance.hpp"

namespace honeyswitch::control {
using Words = std::vector<std::string>;

class PlaneSink final : public ListSink {
  public:
    explicit PlaneSink(dataplane::SourceTable& table) : table_(table) {}
    [[nodiscard]] bool set_listed(Ipv4Prefix prefix, std::uint64_t lists) override {
        const auto place = prefix_of(prefix);
        return table_.set(place, table_.at(place).with_lists(lists));
    }

  private:
    dataplane::SourceTable& table_;
};

/// Two pools, a honeypot in each and one that is behind a VLAN, two rules, two lists, a log, an agent.
inline std::string records(const Appliance& appliance) {
    return fmt::format(R"([admission]
mode = "handshake"
[containment]
mode = "open"
[[pool]]
name = "first"
affinity = "session"
[[pool]]
name = "second"
[[honeypot]]
name = "a"
mac = "02:00:00:00:00:01"
check = "none"
weight = 3
[[honeypot]]
name = "b"
pool = "second"
vlan = 7
[[rule]]
name = "printers"
destination = "10.1.9.0/24"
action = "divert"
pool = "second"
[[rule]]
name = "ours"
source = "192.0.2.0/24"
action = "inside"
[[list]]
name = "attackers"
kind = "attacker"
[[list]]
name = "scanners"
kind = "benign"
file = "{}"
[[auth_log]]
file = "{}"
list = "attackers"
[[agent]]
name = "east"
key_file = "{}"
grants = ["10.2.0.0/16"]
)",
                       appliance.in_folder("scanners.list"), appliance.in_folder("auth.log"),
                       appliance.in_folder("east.key"));
}

/// The parts of a control plane, as it puts them together, and nobody who drives them but the test.
struct Switchboard {
    Config config;
    ConfigNumbers numbers;
    RunningParts parts;
    DpdkSwitch the_switch;
    EventBus events;
    Controller controller;
    HoneypotPlane honeypots;
    PlaneSink sink;
    SourceLists lists;
    ListWatcher watcher;
    NoticeServer notices;
    PortKeeper keeper;
    LinkKeeper links;
    DiversionControl diversion;
    ReloadInsurance insurance;
    ChangeHistory history{""};
    std::vector<ConfigDifference> differences;
    StateKeeper state;
    Inspector inspector;

    Switchboard(Appliance& appliance, TimePoint now)
        : config(appliance.config()),
          parts(numbered(config, numbers, now)),
          the_switch(appliance.plane(), Appliance::buffers()),
          controller(parts.controller, the_switch.pieces(), events),
          honeypots(appliance.plane(), the_switch, events, parts.honeypots),
          sink(appliance.plane().sources()),
          lists(parts.lists, parts.source_capacity, sink, events),
          watcher(lists, parts.lists, parts.auth_logs, events, now),
          notices(parts.agents, controller, events, parts.agent_timeout, [](auto, auto) {}),
          keeper(appliance.plane().ports()),
          links({config.link_state, config.link_state_wait, link_pairs(config)}, appliance.plane().ports(),
                port_names(config), keeper),
          diversion(the_switch, controller, events),
          state({numbers, controller, the_switch, honeypots, notices, appliance.plane(), events}, {},
                parts.state),
          inspector({numbers, controller, the_switch, notices, honeypots, lists, watcher, appliance.plane(),
                     keeper, links, insurance, history, differences, diversion, state, now},
                    parts.shown) {
        auto classifier = dataplane::Classifier::build(parts.classifier, parts.workers);
        if (!classifier) throw std::runtime_error(classifier.error().message());
        (void)appliance.plane().classifier().swap(std::move(*classifier));
        if (const auto begun = controller.start(now); !begun)
            throw std::runtime_error(begun.error().message());
        while (lists.busy()) lists.tick(now);
    }

  private:
    static RunningParts numbered(const Config& config, ConfigNumbers& numbers, TimePoint now) {
        const auto given = numbers.numbers_for(config);
        if (!given) throw std::runtime_error(given.error().front());
        numbers.adopt(config, *given, now);
        return running_parts(config, *given);
    }
};

struct InspectorTest : testing::Test {
    InspectorTest() {
        appliance.put("scanners.list", "192.0.2.7\n192.0.2.8\n");
        appliance.put("auth.log", "");
        appliance.put("east.key", std::string(64, 'a') + "\n");
        appliance.write(records(appliance));
        board.emplace(appliance, now);
    }

    FlowId session(const char* source, unsigned host, const char* honeypot) {
        const auto& all = board->config.honeypots;
        const auto place = std::ranges::find(all, honeypot, &Honeypot::name) - all.begin();
        const auto flow = board->the_switch.flows().add_session(
            {.key = Appliance::key(source, host),
             .path = {},
             .honeypot = HoneypotId{board->parts.numbers.honeypots.at(static_cast<std::size_t>(place))}},
            now);
        EXPECT_TRUE(flow);
        return flow.value_or(FlowId{});
    }
    /// A packet of a flow that has no session yet.
    void hand_over(const char* source) {
        auto& the_switch = board->the_switch;
        the_switch.packet_outs().begin_turn();
        appliance.packet_in(source, 1);
        std::array<PacketIn, PacketIns::burst> packets;
        const std::size_t count = the_switch.packet_ins().receive(packets, board->honeypots, now);
        for (const PacketIn& packet : std::span(packets).first(count))
            board->controller.packet_in(packet, now);
        the_switch.packet_outs().settle();
        the_switch.packet_outs().flush();
        EXPECT_EQ(appliance.handed_back(appliance.plane().layout().honeypot_port(0)), 1U);
    }
    /// The agent has swept the domain, and seen these.
    void known(const char* domain, std::vector<Ipv4Address> active) {
        ASSERT_TRUE(board->controller.domain_state(AgentId{0}, prefix(domain), active, now));
    }
    static Ipv4Address address(const char* text) { return parse_address(text).value(); }
    static Ipv4Prefix prefix(const char* text) { return parse_prefix(text).value(); }
    [[nodiscard]] const Inspector& shown() const { return board->inspector; }

    TimePoint now{Milliseconds{1'000'000}};
    Appliance appliance{"[[honeypot]]\nname = \"a\"\n"};
    std::optional<Switchboard> board;
};

}  // namespace honeyswitch::control
