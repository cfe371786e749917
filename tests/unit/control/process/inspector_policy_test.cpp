// What operators are shown, row by row, of honeypots, pools, rules and lists.
#include "tests/unit/control/process/inspector_fixture.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

TEST_F(InspectorTest, HoneypotsHaveWhatIsConfiguredAndWhatIsKnownOfThem) {
    (void)session("198.51.100.1", 1, "b");
    const auto rows = shown().honeypots();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].name, "a");
    EXPECT_EQ(rows[0].pool, "first");
    EXPECT_EQ(rows[0].weight, 3U);
    EXPECT_EQ(rows[0].state, HoneypotState::unknown) << "nothing checks it";
    EXPECT_EQ(rows[0].mac, (MacAddress{{2, 0, 0, 0, 0, 1}}));
    EXPECT_FALSE(rows[0].vlan);
    EXPECT_EQ(rows[0].sessions, 0U);
    EXPECT_EQ(rows[1].pool, "second");
    EXPECT_EQ(rows[1].vlan, 7);
    EXPECT_EQ(rows[1].state, HoneypotState::down) << "its address was not learned yet";
    EXPECT_FALSE(rows[1].mac);
    EXPECT_EQ(rows[1].sessions, 1U);
    EXPECT_TRUE(rows[1].port.starts_with("vdev:net_null"));
}

TEST_F(InspectorTest, PoolsSumTheirHoneypots) {
    (void)session("198.51.100.1", 1, "a");
    (void)session("198.51.100.2", 2, "a");
    const auto rows = shown().pools();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].name, "first");
    EXPECT_EQ(rows[0].affinity, Affinity::session);
    EXPECT_EQ(rows[0].honeypots, 1U);
    EXPECT_EQ(rows[0].honeypots_up, 1U);
    EXPECT_EQ(rows[0].sessions, 2U);
    EXPECT_EQ(rows[1].affinity, Affinity::source) << "the default";
    EXPECT_EQ(rows[1].honeypots, 1U);
    EXPECT_EQ(rows[1].honeypots_up, 0U);
}

TEST_F(InspectorTest, RulesStandInTheirOrderAndComeInPages) {
    const auto first = shown().rules(0, 1);
    ASSERT_EQ(first.rows.size(), 1U);
    EXPECT_EQ(first.rows[0].name, "printers");
    EXPECT_EQ(first.rows[0].action, Rule::Action::divert);
    EXPECT_EQ(first.rows[0].pool, "second");
    EXPECT_EQ(first.rows[0].packets, 0U);
    ASSERT_EQ(first.next, 1U);
    const auto second = shown().rules(*first.next, 1);
    ASSERT_EQ(second.rows.size(), 1U);
    EXPECT_EQ(second.rows[0].name, "ours");
    EXPECT_EQ(second.rows[0].pool, "");
    EXPECT_FALSE(second.next);
    EXPECT_TRUE(shown().rules(99, 1).rows.empty());
}

TEST_F(InspectorTest, ListsSayTheirFileAndHowManyAreOnThem) {
    ASSERT_TRUE(board->lists.add("attackers", prefix("203.0.113.7/32"), 60s, Origin::by_operator, now));
    const auto rows = shown().lists();
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(rows[0].name, "attackers");
    EXPECT_EQ(rows[0].kind, SourceList::Kind::attacker);
    EXPECT_EQ(rows[0].file, "");
    EXPECT_EQ(rows[0].entries, 1U);
    EXPECT_EQ(rows[1].kind, SourceList::Kind::benign);
    EXPECT_EQ(rows[1].file, appliance.in_folder("scanners.list"));
    EXPECT_EQ(rows[1].entries, 2U);
    EXPECT_EQ(shown().stats(now).sources, 3U);
}

TEST_F(InspectorTest, EntriesOfListsSayWhoPutThemThereAndForHowLong) {
    ASSERT_TRUE(board->lists.add("attackers", prefix("203.0.113.7/32"), 60s, Origin::by_operator, now));
    const auto page = shown().list_entries(0, 2, now + 10s);
    ASSERT_EQ(page.rows.size(), 2U);
    EXPECT_EQ(page.rows[0].list, "scanners");
    EXPECT_EQ(page.rows[0].origins, Words{"file"});
    EXPECT_FALSE(page.rows[0].remaining);
    ASSERT_EQ(page.next, address("203.0.113.7").value);
    const auto rest = shown().list_entries(*page.next, 2, now + 10s);
    ASSERT_EQ(rest.rows.size(), 1U);
    EXPECT_EQ(rest.rows[0].list, "attackers");
    EXPECT_EQ(rest.rows[0].prefix, prefix("203.0.113.7/32"));
    EXPECT_EQ(rest.rows[0].origins, Words{"operator"});
    EXPECT_EQ(rest.rows[0].remaining, 50s);
    EXPECT_FALSE(rest.next);
}

TEST_F(InspectorTest, LogsSayWhatTheyFillAndWhyOneIsNotFollowed) {
    const auto rows = shown().logs();
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].list, "attackers");
    EXPECT_EQ(rows[0].file, appliance.in_folder("auth.log"));
    EXPECT_EQ(rows[0].trouble, "");
    EXPECT_EQ(rows[0].lines, 0U);
}

}  // namespace
}  // namespace honeyswitch::control
