// Every table can say all that it holds, a portion at a time, and be filled anew from that: it then gives the
// same answers, and says the same again.
#include <map>
#include <optional>
#include <vector>

#include <gtest/gtest.h>

#include "dataplane/tables/address_table.hpp"
#include "dataplane/tables/pool_table.hpp"
#include "dataplane/tables/session_table.hpp"
#include "dataplane/tables/source_table.hpp"
#include "tests/unit/fixtures/switch_fixture.hpp"

namespace honeyswitch::dataplane {
namespace {

using namespace address_state;

Quiescence new_quiescence() {
    start_eal();
    return Quiescence::create(1).value();
}

class ExportOfSessions : public testing::Test {
  protected:
    ExportOfSessions() { start_anew(); }
    void start_anew() {
        table_.reset();
        table_ = SessionTable::create(100, quiescence_).value();
    }
    static SessionKey numbered(std::uint16_t number) {
        return {ip("198.51.100.1"), ip("10.1.0.32"), Be16::from_host(number), Be16::from_host(22),
                protocol::tcp};
    }
    /// By key: places may be others.
    [[nodiscard]] std::map<std::uint16_t, SessionState> all(std::uint32_t portion) const {
        std::map<std::uint16_t, SessionState> states;
        std::optional<SessionTable::Index> next = 0;
        while (next)
            next = table_->visit(*next, portion, [&](SessionTable::Index index, const SessionState& state) {
                EXPECT_EQ(table_->find(state.key), index);
                EXPECT_TRUE(states.emplace(state.key.outside_port.host(), state).second) << "twice";
            });
        return states;
    }

    Quiescence quiescence_ = new_quiescence();
    std::unique_ptr<SessionTable> table_;
};

TEST_F(ExportOfSessions, PutsEachBackAsItWas) {
    const L2Path tagged{core_mac, upstream_mac, {VlanTag{ether_type::vlan, Be16::from_host(7)}}, 1};
    ASSERT_TRUE(
        table_->add({.key = numbered(1), .path = tagged, .honeypot = 3, .lasting = true}, 5'000'000'000));
    ASSERT_TRUE(table_->add({.key = numbered(2), .path = {}, .honeypot = 4, .contained = true}, 1));
    ASSERT_TRUE(table_->add({.key = companion_of(numbered(3)), .path = {}}, 2));
    Session& busy = table_->at(*table_->find(numbered(1)));
    Session::add(busy.bytes_in, busy.packets_in, 60);
    Session::add(busy.bytes_out, busy.packets_out, 1500);
    busy.progress = Step::payload;
    busy.counted = Step::handshake;
    busy.seen(77);
    Session& companion = table_->at(*table_->find(companion_of(numbered(3))));
    companion.outlives_since = 4711;
    companion.ended = true;

    const auto before = all(100);
    ASSERT_EQ(before.size(), 3U);
    EXPECT_EQ(before.at(1).outlives_since, Session::without_limit);
    EXPECT_EQ(before.at(1).path, tagged);
    EXPECT_EQ(before.at(0).outlives_since, 4711U);
    start_anew();
    EXPECT_TRUE(all(100).empty());
    for (const auto& [number, state] : before) ASSERT_TRUE(table_->restore(state));
    EXPECT_EQ(all(1), before);
    EXPECT_EQ(all(33), before);
    EXPECT_EQ(table_->size(), 3U);
}

TEST_F(ExportOfSessions, IsBoundedByPlaces) {
    for (std::uint16_t i = 1; i <= 100; ++i) ASSERT_TRUE(table_->add({.key = numbered(i), .path = {}}, i));
    unsigned visited = 0;
    const auto count = [&](SessionTable::Index, const SessionState&) { ++visited; };
    EXPECT_EQ(table_->visit(0, 30, count), 30U);
    EXPECT_EQ(visited, 30U);
    EXPECT_EQ(table_->visit(90, 30, count), std::nullopt);
    EXPECT_EQ(visited, 40U);
    EXPECT_EQ(table_->visit(100, 1, count), std::nullopt);
    EXPECT_FALSE(table_->restore(all(100).at(1))) << "there is no room";
}

class ExportOfAddresses : public testing::Test {
  protected:
    struct Domain {
        Prefix prefix;
        DomainKind kind;
        std::map<std::uint32_t, std::uint8_t> addresses;
        friend bool operator==(const Domain&, const Domain&) = default;
    };

    ExportOfAddresses() { start_anew(); }
    void start_anew() {
        table_.reset();
        table_ =
            AddressTable::create({.addresses = 1 << 12, .domains = 8, .sightings = 2}, quiescence_).value();
    }
    static Prefix prefix(const char* network, std::uint8_t length) { return {ip(network).host(), length}; }
    static std::uint32_t host(const char* address) { return ip(address).host(); }
    void add(Prefix prefix, DomainKind kind, const std::vector<std::uint32_t>& active) {
        ASSERT_TRUE(table_->add_domain(prefix, kind, active));
    }
    [[nodiscard]] std::vector<Domain> all(std::uint32_t portion) const {
        std::vector<Domain> domains;
        std::optional<Prefix> next = Prefix{};
        while (next)
            next = table_->visit_domains(*next, portion, [&](Prefix prefix, DomainKind kind) {
                domains.push_back({prefix, kind, {}});
            });
        for (Domain& domain : domains)
            for (std::optional<std::uint32_t> at = 0; at;)
                at = table_->visit_addresses(domain.prefix, *at, portion,
                                             [&](std::uint32_t address, std::uint8_t state) {
                                                 EXPECT_TRUE(domain.addresses.emplace(address, state).second);
                                             });
        return domains;
    }
    /// Sessions are put back with their own table, which marks their destinations.
    void restore(const std::vector<Domain>& domains) {
        for (const Domain& domain : domains) {
            std::vector<std::uint32_t> active;
            for (const auto& [address, state] : domain.addresses)
                if ((state & address_state::active) != 0) active.push_back(address);
            add(domain.prefix, domain.kind, active);
        }
        for (const Domain& domain : domains)
            for (const auto& [address, state] : domain.addresses)
                if ((state & sighted) != 0) {
                    EXPECT_TRUE(table_->restore_sighting(address, (state & quiet) != 0));
                }
    }

    Quiescence quiescence_ = new_quiescence();
    std::unique_ptr<AddressTable> table_;
};

TEST_F(ExportOfAddresses, PutsDomainsAddressesAndSightingsBack) {
    add(prefix("10.1.0.0", 22), DomainKind::known, {host("10.1.0.1"), host("10.1.3.255")});
    add(prefix("10.1.1.0", 24), DomainKind::unknown, {});
    add(prefix("10.9.0.0", 24), DomainKind::unknown, {});
    add(prefix("10.8.0.0", 24), DomainKind::known, {});
    ASSERT_TRUE(table_->sight(host("10.8.0.7")));
    ASSERT_TRUE(table_->sight(host("10.1.2.2")));
    table_->set_active(host("10.8.0.7"), true);
    table_->ask_sighted(host("10.8.0.7"));

    const auto before = all(1 << 12);
    ASSERT_EQ(before.size(), 4U);
    EXPECT_EQ(before[1].prefix, prefix("10.1.1.0", 24));
    EXPECT_EQ(before[1].kind, DomainKind::unknown);
    EXPECT_EQ(before[2].addresses,
              (std::map<std::uint32_t, std::uint8_t>{
                  {host("10.8.0.7"), std::uint8_t{address_state::active | sighted | quiet}}}));
    start_anew();
    EXPECT_TRUE(all(1).empty());
    restore(before);
    EXPECT_EQ(all(1), before);
    EXPECT_EQ(all(100), before);
    std::array<std::uint32_t, 4> told;
    EXPECT_EQ(table_->take_sightings(told), 2U) << "who follows sightings is told of them";
    EXPECT_FALSE(table_->sight(host("10.1.2.3"))) << "they count against the capacity";
    EXPECT_TRUE(table_->end_sighting(host("10.8.0.7"), true));
    EXPECT_TRUE(table_->sight(host("10.1.2.3")));
}

TEST_F(ExportOfAddresses, ASightingNeedsRoomAndADomain) {
    add(prefix("10.8.0.0", 24), DomainKind::known, {});
    EXPECT_FALSE(table_->restore_sighting(host("10.9.0.1"), false));
    EXPECT_TRUE(table_->restore_sighting(host("10.8.0.1"), false));
    EXPECT_TRUE(table_->restore_sighting(host("10.8.0.1"), true)) << "the same again";
    EXPECT_TRUE(table_->restore_sighting(host("10.8.0.2"), false));
    EXPECT_FALSE(table_->restore_sighting(host("10.8.0.3"), false));
    EXPECT_TRUE(table_->is_sighted(host("10.8.0.2")));
    EXPECT_FALSE(table_->is_sighted(host("10.8.0.3")));
}

TEST(ExportOfLists, PutsEachPrefixBack) {
    Quiescence quiescence = new_quiescence();
    auto table = SourceTable::create(1000, quiescence).value();
    using All = std::map<std::pair<std::uint32_t, std::uint8_t>, std::uint64_t>;
    const auto all = [&](std::size_t portion) {
        All entries;
        std::optional<std::uint32_t> next = 0;
        while (next)
            next = table->visit(*next, portion, [&](Prefix prefix, Listing listing) {
                EXPECT_TRUE(entries.emplace(std::pair(prefix.network, prefix.length), listing.bits()).second);
            });
        return entries;
    };
    for (std::uint32_t i = 0; i < 500; ++i) ASSERT_TRUE(table->set({i << 8, 24}, Listing(1U + i)));
    ASSERT_TRUE(table->set({ip("10.0.0.0").host(), 8}, Listing(2)));
    ASSERT_TRUE(table->set({ip("10.0.0.0").host(), 32}, Listing(4).moved(1, 2)));
    ASSERT_TRUE(table->set({0, 24}, Listing()));
    const All before = all(10'000);
    EXPECT_EQ(before.size(), 501U);
    EXPECT_EQ(before.size(), table->size());
    EXPECT_EQ(all(1), before);
    table.reset();
    table = SourceTable::create(1000, quiescence).value();
    for (const auto& [place, bits] : before)
        ASSERT_TRUE(table->set({place.first, place.second}, Listing(bits)));
    EXPECT_EQ(all(7), before);
    EXPECT_EQ(table->find(ip("10.0.0.0").host()).pool_for(1), 2U);
}

TEST(ExportOfPools, PutsEachBack) {
    const auto pools = std::make_unique<PoolTable>();
    PoolTable::Slots slots;
    for (std::size_t i = 0; i < slots.size(); ++i) slots.at(i) = static_cast<HoneypotIndex>(i % 7);
    pools->set(3, Affinity::session, true, slots);
    const auto contents = pools->contents(3);
    EXPECT_EQ(contents, (PoolTable::Contents{Affinity::session, true, slots}));
    const auto others = std::make_unique<PoolTable>();
    EXPECT_EQ(others->contents(3).slots.at(9), no_honeypot);
    others->set(3, contents.affinity, contents.drop, contents.slots);
    EXPECT_EQ(others->contents(3), contents);
    const SessionKey key{ip("198.51.100.1"), ip("10.1.0.32"), {}, {}, protocol::tcp};
    EXPECT_EQ(others->choose(3, key), pools->choose(3, key));
}

}  // namespace
}  // namespace honeyswitch::dataplane
