// What operators are shown, row by row, of the switch, its traffic and the campus.
#include "tests/unit/control/process/inspector_fixture.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

TEST_F(InspectorTest, SessionsOfALargeTableComeInPagesAndSayWhoseTheyAre) {
    for (unsigned i = 1; i <= 5; ++i)
        (void)session(fmt::format("198.51.100.{}", i).c_str(), i, i % 2 == 1 ? "a" : "b");
    const auto first = shown().sessions(0, 3, now);
    ASSERT_EQ(first.rows.size(), 3U);
    ASSERT_TRUE(first.next);
    const auto rest = shown().sessions(*first.next, 100, now);
    EXPECT_EQ(rest.rows.size(), 2U);
    EXPECT_FALSE(rest.next);
    std::vector<SessionRow> rows = first.rows;
    std::ranges::copy(rest.rows, std::back_inserter(rows));
    for (const SessionRow& row : rows) {
        const bool odd = row.destination().value % 2 == 1;
        EXPECT_EQ(row.honeypot, odd ? "a" : "b") << to_string(row.source());
        EXPECT_EQ(row.progress, dataplane::Step::first_packet);
        EXPECT_EQ(row.stats.created, now);
    }
}

TEST_F(InspectorTest, ASessionThatTheInsideHasEndedIsNotShown) {
    const auto flow = session("198.51.100.1", 1, "a");
    board->the_switch.flows().delete_sessions(std::array{flow});
    EXPECT_TRUE(shown().sessions(0, 10, now).rows.empty());
    EXPECT_EQ(shown().stats(now).sessions, 0U);
}

TEST_F(InspectorTest, ActiveAddressesAreInOrderWithWhoVouchesForThem) {
    known("10.2.0.0/24", {address("10.2.0.9"), address("10.2.0.5")});
    const auto all = shown().active(address("10.2.0.1"), 100);
    ASSERT_EQ(all.rows.size(), 3U) << "the broadcast address is the subnet's";
    EXPECT_EQ(all.rows[0].address, address("10.2.0.5"));
    EXPECT_EQ(all.rows[0].vouchers, Words{"agent:east"});
    EXPECT_EQ(all.rows[0].since, now);
    EXPECT_EQ(all.rows[2].vouchers, Words{"subnet"});
    const auto page = shown().active(address("10.2.0.1"), 1);
    EXPECT_EQ(page.next, address("10.2.0.9"));
    EXPECT_FALSE(shown().active(*page.next, 2).next);
}

TEST_F(InspectorTest, EveryVoucherHasAName) {
    EXPECT_EQ(shown().name_of(Voucher::subnet), "subnet");
    EXPECT_EQ(shown().name_of(Voucher::sighting), "sighting");
    EXPECT_EQ(shown().name_of(Voucher::static_entry), "static");
    EXPECT_EQ(shown().name_of(voucher_of(AgentId{0})), "agent:east");
}

TEST_F(InspectorTest, DomainsSayTheirStateTheirAgentsAndWhatIsInThem) {
    known("10.2.0.0/24", {address("10.2.0.5")});
    (void)session("198.51.100.1", 1, "a");
    const auto page = shown().domains({0}, 1);
    ASSERT_EQ(page.rows.size(), 1U);
    EXPECT_EQ(page.rows[0].prefix, prefix("10.1.0.0/16"));
    EXPECT_EQ(page.rows[0].state, DomainState::dark);
    EXPECT_EQ(page.rows[0].agents, Words{});
    EXPECT_EQ(page.rows[0].sessions, 1U);
    ASSERT_EQ(page.next, address("10.2.0.0"));
    const auto rest = shown().domains(*page.next, 10);
    ASSERT_EQ(rest.rows.size(), 2U) << "what is granted is a domain";
    EXPECT_EQ(rest.rows[0].state, DomainState::unknown);
    EXPECT_EQ(rest.rows[1].state, DomainState::known);
    EXPECT_EQ(rest.rows[1].agents, Words{"east"});
    EXPECT_EQ(rest.rows[1].active, 3U) << "the host, and the subnet's own two";
    EXPECT_EQ(rest.rows[1].since, now);
    EXPECT_FALSE(rest.next);
}

TEST_F(InspectorTest, APageOfDomainsEndsBehindThoseOfOneNetworkAddress) {
    known("10.2.0.0/24", {});
    known("10.2.0.0/25", {});
    known("10.2.1.0/24", {});
    const auto page = shown().domains(address("10.2.0.0"), 1);
    ASSERT_EQ(page.rows.size(), 3U) << "the grant is one of them";
    EXPECT_EQ(page.next, address("10.2.1.0"));
}

TEST_F(InspectorTest, DomainsAroundAPrefixAreShortestFirstWithoutItself) {
    known("10.2.0.0/24", {});
    known("10.2.0.0/25", {});
    const auto around = shown().domains_around(prefix("10.2.0.0/25"));
    ASSERT_EQ(around.size(), 2U);
    EXPECT_EQ(around[0].prefix, prefix("10.2.0.0/16"));
    EXPECT_EQ(around[1].prefix, prefix("10.2.0.0/24"));
    EXPECT_EQ(shown().domains_around(prefix("10.2.0.1/32")).size(), 3U);
    EXPECT_TRUE(shown().domains_around(prefix("10.9.0.0/16")).empty());
}

TEST_F(InspectorTest, AgentsAreThoseOfTheConfigurationHeardOrNot) {
    const auto rows = shown().agents();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].name, "east");
    EXPECT_FALSE(rows[0].connected);
    EXPECT_FALSE(rows[0].last_heard);
}

TEST_F(InspectorTest, PortsStandUnderTheirSides) {
    Words names;
    for (const PortRow& row : shown().port_names()) names.push_back(row.name);
    EXPECT_EQ(names, (Words{"outside", "inside", "honeypot"}));
    const auto ports = shown().stats(now).ports;
    ASSERT_EQ(ports.size(), 3U);
    for (const PortRow& row : ports) EXPECT_EQ(row.driver, "net_null") << row.name;
}

TEST_F(InspectorTest, StatsSayWhatIsConfiguredAndHowFullItIs) {
    (void)session("198.51.100.1", 1, "a");
    const auto stats = shown().stats(now + 5s);
    EXPECT_EQ(stats.now, now + 5s);
    EXPECT_EQ(stats.started, now);
    EXPECT_EQ(stats.sessions, 1U);
    EXPECT_EQ(stats.session_capacity, Appliance::sessions);
    EXPECT_EQ(stats.sighting_capacity, 16U);
    EXPECT_EQ(stats.pending_capacity, 64U);
    EXPECT_EQ(stats.source_capacity, 1024U);
    EXPECT_EQ(stats.reputation_capacity, 64U);
    EXPECT_EQ(stats.containment, Containment::open);
    EXPECT_EQ(stats.admission, Admission::handshake);
    EXPECT_TRUE(stats.handshake_now);
    EXPECT_EQ(stats.idle_timeout, shown().idle_timeout());
    EXPECT_EQ(stats.honeypots.size(), 2U);
    EXPECT_EQ(stats.high_water, Appliance::sessions * 80 / 100);
    EXPECT_EQ(stats.low_water, Appliance::sessions * 60 / 100);
}

TEST_F(InspectorTest, CountersAreOfWorkersOfTheControlThreadAndOfNotices) {
    ASSERT_FALSE(board->lists.add("attackers", prefix("0.0.0.0/0"), {}, Origin::by_operator, now));
    const auto rows = shown().stats(now).counters;
    const auto named = [&](std::string_view name) {
        return std::ranges::find(rows, name, &CounterRow::name);
    };
    for (const auto* const name :
         {"outside_to_inside_active", "session_table_full", "list_refused", "notices_accepted"}) {
        ASSERT_NE(named(name), rows.end()) << name;
        EXPECT_FALSE(named(name)->help.empty()) << name;
        EXPECT_FALSE(named(name)->unit.empty()) << name;
    }
    std::vector<std::string> names;
    for (const CounterRow& row : rows) names.push_back(row.name);
    std::ranges::sort(names);
    EXPECT_EQ(std::ranges::adjacent_find(names), names.end()) << "no name stands twice";
}

TEST_F(InspectorTest, WhatFoundNoRoomOnAListIsCounted) {
    for (unsigned i = 0; i < 1022; ++i)
        ASSERT_TRUE(board->lists.add("attackers", Ipv4Prefix::of({0xc6336400 + 65'536 * i}, 32), {},
                                     Origin::by_operator, now));
    ASSERT_FALSE(board->lists.add("attackers", prefix("203.0.113.7/32"), {}, Origin::by_operator, now));
    const auto rows = shown().stats(now).counters;
    EXPECT_EQ(std::ranges::find(rows, "list_refused", &CounterRow::name)->value, 1U);
}

/// Pages without rows come first: the running sessions are counted, a portion a page.
TEST_F(InspectorTest, AReportCountsTheRunningSessionsByPortAndByNetwork) {
    for (const auto by : {ProgressBy::port, ProgressBy::network}) {
        hand_over(by == ProgressBy::port ? "198.51.100.1" : "198.51.100.2");
        std::vector<ProgressRow> rows;
        StepCounts totals{};
        std::optional<std::uint32_t> cursor = 0;
        while (cursor) {
            const auto page = shown().progress(by, *cursor, 100, now);
            std::ranges::copy(page.rows, std::back_inserter(rows));
            totals = page.totals;
            cursor = page.next;
        }
        ASSERT_EQ(rows.size(), 1U);
        EXPECT_EQ(rows[0].by, by);
        if (by == ProgressBy::port) {
            EXPECT_EQ(rows[0].protocol, 6);
            EXPECT_EQ(rows[0].port, 22);
        } else {
            EXPECT_EQ(rows[0].network, prefix("198.51.0.0/16"));
        }
        EXPECT_EQ(rows[0].steps[0], by == ProgressBy::port ? 1U : 2U);
        EXPECT_EQ(totals, rows[0].steps);
    }
}

TEST_F(InspectorTest, AReloadChangesWhatIsShownAndTheNamesOfEvents) {
    const auto before = shown().event_names();
    EXPECT_EQ(before.of(HoneypotNumber{board->parts.numbers.honeypots[1]}), "b");
    EXPECT_EQ(before.of(PoolNumber{board->parts.numbers.pools[1]}), "second");
    EXPECT_EQ(before.of(RuleNumber{1}), "ours");
    EXPECT_EQ(before.of(VoucherNumber{std::to_underlying(voucher_of(AgentId{0}))}), "agent:east");
    auto shown_next = board->parts.shown;
    shown_next.rules.erase(shown_next.rules.begin());
    shown_next.idle_timeout = 7s;
    board->inspector.reconfigure(shown_next);
    EXPECT_EQ(shown().event_names().of(RuleNumber{0}), "ours");
    EXPECT_EQ(shown().idle_timeout(), 7s);
    EXPECT_EQ(shown().rules(0, 10).rows.size(), 1U);
}

}  // namespace
}  // namespace honeyswitch::control
