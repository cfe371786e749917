#include "control/lists/source_lists.hpp"

#include <array>

#include <gtest/gtest.h>

#include "tests/unit/fixtures/in_order.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start{1'000'000ms};

Ipv4Prefix prefix(std::string_view text) {
    return parse_prefix(text).value();
}
const Ipv4Prefix one = prefix("203.0.113.1/32"), two = prefix("203.0.113.2/32"),
                 net = prefix("203.0.113.0/24");

/// The data plane's table.
struct FakeSink final : ListSink {
    bool set_listed(Ipv4Prefix entry, std::uint64_t lists) override {
        ++calls;
        if (refuse) return false;
        if (lists == 0)
            table.erase(entry);
        else
            table[entry] = lists;
        most = std::max(most, table.size());
        return true;
    }
    std::map<Ipv4Prefix, std::uint64_t> table;
    std::size_t calls = 0, most = 0;
    bool refuse = false;
};

SourceList list(const char* name, const char* file = "") {
    SourceList made;
    made.name = name;
    made.file = file;
    return made;
}

struct SourceListsTest : testing::Test {
    /// Returns how many ticks it took.
    int settle(TimePoint now = start) {
        int ticks = 0;
        for (; lists.busy(); ++ticks) lists.tick(now);
        return ticks;
    }
    std::string add(const char* name, Ipv4Prefix entry, std::optional<Milliseconds> lifetime = {},
                    Origin origin = Origin::by_operator, TimePoint now = start) {
        const auto added = lists.add(name, entry, lifetime, origin, now);
        return added ? "" : added.error();
    }
    std::string remove(const char* name, Ipv4Prefix entry) {
        const auto removed = lists.remove(name, entry);
        return removed ? "" : removed.error();
    }
    void file(std::size_t index, std::vector<Ipv4Prefix> prefixes) {
        lists.replace_from_file(index, std::move(prefixes));
        settle();
    }

    std::array<SourceList, 3> configured{list("attackers", "a.txt"), list("scanners", "b.txt"), list("ssh")};
    FakeSink sink;
    EventBus events;
    SourceLists lists{in_order(configured), 1000, sink, events};
};

using Table = std::map<Ipv4Prefix, std::uint64_t>;

TEST_F(SourceListsTest, AListIsABit) {
    EXPECT_EQ(add("attackers", one), "");
    EXPECT_EQ(add("ssh", one), "");
    EXPECT_EQ(add("scanners", net), "");
    EXPECT_EQ(sink.table, (Table{{one, 0b101}, {net, 0b010}}));
    EXPECT_EQ(lists.prefixes(), 2U);
    EXPECT_EQ(lists.size(0), 1U);
    EXPECT_EQ(remove("attackers", one), "");
    EXPECT_EQ(sink.table, (Table{{one, 0b100}, {net, 0b010}}));
    EXPECT_EQ(lists.size(0), 0U);
}

TEST_F(SourceListsTest, TellWhichListOfAttackersASourceIsOn) {
    configured[1].kind = SourceList::Kind::benign;
    lists.reconfigure(in_order(configured));
    EXPECT_EQ(lists.attacker(one.network), std::nullopt);
    file(0, {net});
    ASSERT_EQ(add("scanners", one), "");
    EXPECT_EQ(lists.attacker(one.network), (ListedBy{{0}, Origin::file})) << "the other one is of friends";
    EXPECT_EQ(lists.attacker({net.network.value - 1}), std::nullopt);
    ASSERT_EQ(add("ssh", one, 20s, Origin::auth_log), "");
    EXPECT_EQ(lists.attacker(one.network), (ListedBy{{2}, Origin::auth_log})) << "the most specific prefix";
    EXPECT_EQ(lists.attacker(two.network), (ListedBy{{0}, Origin::file}));
    ASSERT_EQ(add("ssh", one), "");
    EXPECT_EQ(lists.attacker(one.network), (ListedBy{{2}, Origin::by_operator}));
    ASSERT_EQ(remove("ssh", one), "");
    EXPECT_EQ(lists.attacker(one.network), (ListedBy{{0}, Origin::file}));
}

TEST_F(SourceListsTest, ASourceStaysWhileAnyOriginHolds) {
    struct Row {
        const char* what;
        bool in_file;
        std::optional<Milliseconds> by_operator, auth_log;  // lifetimes; 0: for good
        Milliseconds gone_at;                               // -1: it stays
    };
    for (const auto& [what, in_file, by_operator, auth_log, gone_at] :
         {Row{"operator for a while", false, 10s, {}, 10s}, Row{"operator for good", false, 0s, {}, -1ms},
          Row{"log", false, {}, 20s, 20s}, Row{"operator before log", false, 10s, 20s, 20s},
          Row{"log before operator", false, 30s, 20s, 30s},
          Row{"operator for good, log", false, 0s, 20s, -1ms}, Row{"file", true, {}, {}, -1ms},
          Row{"file and log", true, {}, 20s, -1ms}}) {
        FakeSink table;
        SourceLists fresh(in_order(configured), 10, table, events);
        if (in_file) fresh.replace_from_file(0, {one});
        if (by_operator) {
            ASSERT_TRUE(fresh.add("attackers", one, *by_operator > 0s ? by_operator : std::nullopt,
                                  Origin::by_operator, start));
        }
        if (auth_log) {
            ASSERT_TRUE(fresh.add("attackers", one, auth_log, Origin::auth_log, start));
        }
        for (Milliseconds at = 0s; at <= 60s; at += 5s) {
            do fresh.tick(start + at);
            while (fresh.busy());
            EXPECT_EQ(table.table.contains(one), gone_at < 0s || at < gone_at) << what << at.count();
        }
    }
}

TEST_F(SourceListsTest, TheOperatorsLatestWordCountsAndALogOnlyProlongs) {
    EXPECT_EQ(add("ssh", one, 60s), "");
    EXPECT_EQ(add("ssh", one, 10s), "");
    EXPECT_EQ(add("ssh", two, 60s, Origin::auth_log), "");
    EXPECT_EQ(add("ssh", two, 10s, Origin::auth_log), "");
    lists.tick(start + 10s);
    EXPECT_EQ(sink.table, (Table{{two, 0b100}}));
    EXPECT_EQ(add("ssh", two, 60s, Origin::auth_log, start + 30s), "");
    lists.tick(start + 89s);
    EXPECT_EQ(sink.table, (Table{{two, 0b100}}));
    lists.tick(start + 90s);
    EXPECT_TRUE(sink.table.empty());
    EXPECT_EQ(add("ssh", one, Milliseconds::max(), Origin::by_operator, start), "");
    lists.tick(start + 1'000'000h);
    EXPECT_EQ(sink.table, (Table{{one, 0b100}}));
}

TEST_F(SourceListsTest, ErrorsAreSentences) {
    file(0, {one});
    EXPECT_EQ(add("atackers", two), "there is no list 'atackers'; did you mean 'attackers'?");
    EXPECT_EQ(remove("zzz", two), "there is no list 'zzz'");
    EXPECT_EQ(add("", two), "there is no list ''") << "numbers without a list have no name";
    EXPECT_EQ(add("ssh", prefix("0.0.0.0/0")),
              "0.0.0.0/0 is shorter than /8, the shortest prefix that a list may have");
    EXPECT_EQ(add("ssh", two, 0s), "203.0.113.2: its lifetime has to be more than 0");
    EXPECT_EQ(remove("attackers", two), "203.0.113.2 is not on list 'attackers'");
    EXPECT_EQ(add("ssh", net), "");
    EXPECT_EQ(remove("ssh", two), "203.0.113.2 is not on list 'ssh', but 203.0.113.0/24 is");
    EXPECT_EQ(add("attackers", one), "");
    EXPECT_EQ(remove("attackers", one),
              "203.0.113.1 is on list 'attackers' because a.txt says so: take it out there");
    EXPECT_EQ(sink.table.at(one), 1U);
}

TEST_F(SourceListsTest, RemoveTakesBackWhatOperatorAndLogSaid) {
    EXPECT_EQ(add("ssh", one, 60s), "");
    EXPECT_EQ(add("ssh", one, 60s, Origin::auth_log), "");
    EXPECT_EQ(remove("ssh", one), "");
    EXPECT_TRUE(sink.table.empty());
    EXPECT_EQ(add("ssh", one), "");
    lists.tick(start + 60s);
    EXPECT_EQ(sink.table, (Table{{one, 0b100}}));
}

TEST_F(SourceListsTest, CapacityIsOfPrefixes) {
    SourceLists small(in_order(configured), 2, sink, events);
    const auto put = [&](const char* name, Ipv4Prefix entry) {
        const auto added = small.add(name, entry, {}, Origin::by_operator, start);
        return added ? "" : added.error();
    };
    EXPECT_EQ(put("ssh", one), "");
    EXPECT_EQ(put("ssh", two), "");
    EXPECT_EQ(put("attackers", two), "");
    EXPECT_EQ(put("ssh", net),
              "there is no room for 203.0.113.0/24 on list 'ssh': 2 of 2 places are taken (source_capacity)");
    EXPECT_EQ(small.refused(), 1U);
    EXPECT_EQ(sink.table, (Table{{one, 0b100}, {two, 0b101}}));
    ASSERT_TRUE(small.remove("ssh", one));
    EXPECT_EQ(put("ssh", net), "");
}

TEST_F(SourceListsTest, ARefusalOfTheSinkChangesNothing) {
    sink.refuse = true;
    EXPECT_NE(add("ssh", one), "");
    EXPECT_EQ(lists.prefixes(), 0U);
    EXPECT_EQ(lists.size(2), 0U);
    sink.refuse = false;
    EXPECT_EQ(add("ssh", one), "");
    sink.refuse = true;
    EXPECT_EQ(remove("ssh", one), "");
    EXPECT_TRUE(sink.table.contains(one));
    sink.refuse = false;
    lists.tick(start);
    EXPECT_FALSE(sink.table.contains(one)) << "taking out is tried again";
}

TEST_F(SourceListsTest, AFileReplacesWhatItSaidBefore) {
    EXPECT_EQ(add("attackers", two, 10s), "");
    file(0, {one, two});
    file(1, {one});
    EXPECT_EQ(sink.table, (Table{{one, 0b11}, {two, 0b01}}));
    const auto calls = sink.calls;
    file(0, {one, two});
    EXPECT_EQ(sink.calls, calls) << "what is the same is not written again";
    file(0, {net});
    EXPECT_EQ(sink.table, (Table{{one, 0b10}, {two, 0b01}, {net, 0b01}})) << "the operator still wants two";
    settle(start + 10s);
    lists.tick(start + 10s);
    EXPECT_EQ(sink.table, (Table{{one, 0b10}, {net, 0b01}}));
    file(0, {});
    EXPECT_EQ(sink.table, (Table{{one, 0b10}}));
}

std::vector<Ipv4Prefix> many(std::uint32_t first, std::uint32_t count) {
    std::vector<Ipv4Prefix> result;
    for (std::uint32_t i = 0; i < count; ++i) result.push_back(Ipv4Prefix::of({first + i}, 32));
    return result;
}

TEST_F(SourceListsTest, ALargeFileIsAppliedInPortionsAndAdditionsComeFirst) {
    SourceLists large(in_order(configured), 200'000, sink, events);
    large.replace_from_file(0, many(0x0a000000, 100'000));
    std::size_t before = sink.calls, ticks = 0;
    for (; large.busy(); ++ticks, before = sink.calls) {
        large.tick(start);
        ASSERT_LE(sink.calls - before, 512U);
    }
    EXPECT_GE(ticks, 100'000U / 256);
    EXPECT_EQ(sink.table.size(), 100'000U);
    large.replace_from_file(0, many(0x0a000000 + 50'000, 100'000));
    while (large.busy()) large.tick(start);
    EXPECT_EQ(sink.table.size(), 100'000U);
    EXPECT_EQ(sink.most, 150'000U);
    EXPECT_FALSE(sink.table.contains(Ipv4Prefix::of({0x0a000000}, 32)));
}

TEST_F(SourceListsTest, AFileThatFitsOnlyWithoutTheOldOneFits) {
    file(0, many(0x0a000000, 1000));
    file(0, many(0x0b000000, 1000));
    EXPECT_EQ(lists.size(0), 1000U);
    EXPECT_EQ(sink.table.begin()->first, Ipv4Prefix::of({0x0b000000}, 32));
    EXPECT_EQ(lists.refused(), 0U);
    file(0, many(0x0b000000, 1001));
    EXPECT_EQ(lists.size(0), 1000U);
    EXPECT_EQ(lists.refused(), 1U);
}

TEST_F(SourceListsTest, ANewerFileOvertakesOneThatIsStillBeingApplied) {
    lists.replace_from_file(0, many(0x0a000000, 900));
    lists.tick(start);
    EXPECT_EQ(lists.size(0), 256U);
    lists.replace_from_file(0, {one});
    lists.replace_from_file(1, {two});
    settle();
    EXPECT_EQ(sink.table, (Table{{one, 0b01}, {two, 0b10}}));
}

TEST_F(SourceListsTest, ExpiryIsBoundedToo) {
    for (const auto entry : many(0x0a000000, 600)) ASSERT_EQ(add("ssh", entry, 10s), "");
    lists.tick(start + 10s);
    EXPECT_EQ(lists.prefixes(), 344U);
    EXPECT_TRUE(lists.busy());
    settle(start + 10s);
    EXPECT_EQ(lists.prefixes(), 0U);
    EXPECT_TRUE(sink.table.empty());
}

using Reordered = std::vector<Numbered<SourceList>>;

TEST_F(SourceListsTest, AListKeepsItsBitWhateverItsPlaceInTheFile) {
    file(0, {one});
    ASSERT_EQ(add("ssh", one, 10s), "");
    const auto table = sink.table;
    const auto calls = sink.calls;
    lists.reconfigure(
        Reordered{{2, list("ssh")}, {1, list("scanners", "b.txt")}, {0, list("attackers", "a.txt")}});
    settle();
    EXPECT_EQ(sink.table, table);
    EXPECT_EQ(sink.calls, calls) << "nothing of the table was touched";
    lists.tick(start + 10s);
    EXPECT_EQ(sink.table, (Table{{one, 0b001}}));
}

TEST_F(SourceListsTest, AListThatIsGoneIsOutOfSightAtOnceAndTakenOutInPortions) {
    file(1, many(0x0a000000, 900));
    ASSERT_EQ(add("scanners", one, 10s), "");
    ASSERT_EQ(add("ssh", one), "");
    lists.reconfigure(Reordered{{0, list("attackers", "a.txt")}, {2, list("ssh")}});
    EXPECT_EQ(sink.table.size(), 901U) << "nothing is done at once";
    EXPECT_TRUE(lists.refers_to(1));
    EXPECT_EQ(remove("scanners", two), "there is no list 'scanners'");
    EXPECT_EQ(lists.entries({}, 10, start).rows, (std::vector<ListedSource>{{"ssh", one, {"operator"}, {}}}));
    for (std::size_t before = sink.calls; lists.busy(); before = sink.calls) {
        lists.tick(start);
        ASSERT_LE(sink.calls - before, 512U);
    }
    EXPECT_EQ(sink.table, (Table{{one, 0b100}}));
    EXPECT_FALSE(lists.refers_to(1));
    EXPECT_EQ(lists.prefixes(), 1U);
    lists.reconfigure(Reordered{{0, list("attackers", "a.txt")}, {2, list("ssh")}, {1, list("new")}});
    ASSERT_EQ(add("new", two), "");
    settle();
    EXPECT_EQ(sink.table, (Table{{one, 0b100}, {two, 0b010}}));
}

/// What is still on its way must not take out a list that has the number by then.
TEST_F(SourceListsTest, ANumberIsReferredToWhileAnythingOfItIsUnderWay) {
    ASSERT_EQ(add("scanners", one, 10s), "");
    lists.reconfigure(Reordered{{0, list("attackers", "a.txt")}, {2, list("ssh")}});
    sink.refuse = true;
    lists.tick(start + 10s);
    EXPECT_TRUE(lists.refers_to(1)) << "the sink has it still";
    sink.refuse = false;
    lists.tick(start + 10s);
    settle();
    EXPECT_FALSE(lists.refers_to(1));
    EXPECT_TRUE(sink.table.empty());
}

TEST_F(SourceListsTest, AListThatHasNoFileAnyMoreLosesItsSources) {
    file(0, {one});
    ASSERT_EQ(add("attackers", two), "");
    lists.reconfigure(Reordered{{0, list("attackers")}});
    settle();
    EXPECT_EQ(sink.table, (Table{{two, 1}}));
}

TEST_F(SourceListsTest, AFileOnItsWayIntoForceGoesOnOverAReload) {
    file(0, many(0x0a000000, 300));
    lists.replace_from_file(0, many(0x0b000000, 300));
    lists.replace_from_file(1, {two});
    lists.tick(start);
    lists.reconfigure(Reordered{{2, list("ssh")}, {0, list("attackers", "a.txt")}});
    settle();
    EXPECT_EQ(lists.size(0), 300U);
    EXPECT_EQ(sink.table.size(), 300U);
    EXPECT_EQ(sink.table.begin()->first, Ipv4Prefix::of({0x0b000000}, 32));
}

TEST_F(SourceListsTest, EntriesComeInPagesInOrder) {
    file(0, {one, net});
    ASSERT_EQ(add("attackers", one, 10s), "");
    ASSERT_EQ(add("ssh", one, 20s, Origin::auth_log), "");
    ASSERT_EQ(add("ssh", one, 10s), "");
    ASSERT_EQ(add("scanners", two), "");
    const auto first = lists.entries({}, 2, start + 5s);
    EXPECT_EQ(first.rows, (std::vector<ListedSource>{{"attackers", net, {"file"}, {}},
                                                     {"attackers", one, {"file", "operator"}, {}},
                                                     {"ssh", one, {"operator", "auth_log"}, 15s}}));
    ASSERT_EQ(first.next, two.network);
    const auto second = lists.entries(*first.next, 2, start + 5s);
    EXPECT_EQ(second.rows, (std::vector<ListedSource>{{"scanners", two, {"operator"}, {}}}));
    EXPECT_EQ(second.next, std::nullopt);
    EXPECT_TRUE(lists.entries({0xffffffff}, 10, start).rows.empty());
}

}  // namespace
}  // namespace honeyswitch::control
