// The honeypots of a configuration in the data plane's tables, and their sessions over reloads.
#include "control/dpdk/honeypot_plane.hpp"

#include "tests/unit/fixtures/appliance.hpp"
#include "tests/unit/fixtures/one_link.hpp"

namespace honeyswitch::control {
namespace {

using namespace std::chrono_literals;

Numbered<Honeypot> pot(std::uint8_t number, const char* name, std::size_t pool = 0) {
    Honeypot honeypot;
    honeypot.name = name;
    honeypot.mac = MacAddress{{2, 0, 0, 0, 1, static_cast<std::uint8_t>(name[0])}};
    honeypot.pool = pool;
    honeypot.watched = false;  // it is up, whether anybody answers or not
    return {number, honeypot};
}
Numbered<Pool> pool(std::uint8_t number, const char* name,
                    Pool::WhenNone when_none = Pool::WhenNone::inside) {
    return {number, {.name = name, .when_none = when_none}};
}

struct HoneypotPlaneTest : testing::Test {
    FlowId session(const char* source, unsigned host, std::uint8_t honeypot) {
        const auto flow = the_switch.flows().add_session(
            {.key = Appliance::key(source, host), .path = {}, .honeypot = HoneypotId{honeypot}}, now);
        EXPECT_TRUE(flow);
        return flow.value_or(FlowId{});
    }
    [[nodiscard]] int honeypot_of(FlowId flow) const {
        return std::to_underlying(the_switch.flows().session(flow, now)->honeypot);
    }
    [[nodiscard]] bool in_service(std::uint8_t number) {
        return appliance.plane().honeypots().address(number).has_value();
    }
    void turns(int count) {
        for (int i = 0; i < count; ++i) honeypots->tick(now += 1ms);
    }
    /// A turn for each portion of the session table.
    void all_portions() { turns(Appliance::sessions / 1024); }
    void begin(HoneypotPlaneConfig config) {
        honeypots.emplace(appliance.plane(), the_switch, events, std::move(config));
    }

    Appliance appliance{"[[honeypot]]\nname = \"a\"\n"};
    DpdkSwitch the_switch{appliance.plane(), Appliance::buffers()};
    EventBus events;
    std::optional<HoneypotPlane> honeypots;
    TimePoint now{1'000'000ms};
};

TEST_F(HoneypotPlaneTest, ANewOrderTouchesNoSession) {
    begin({.honeypots = {pot(0, "a"), pot(1, "b")}, .pools = {pool(0, "default")}, .health = {}});
    const auto one = session("198.51.100.1", 1, 0), two = session("198.51.100.2", 2, 1);
    honeypots->reconfigure({.honeypots = {pot(1, "b"), pot(2, "new"), pot(0, "a")},
                            .pools = {pool(0, "default")},
                            .health = {}});
    EXPECT_TRUE(in_service(0) && in_service(1) && in_service(2));
    all_portions();
    EXPECT_EQ(honeypot_of(one), 0);
    EXPECT_EQ(honeypot_of(two), 1);
    EXPECT_EQ(the_switch.flows().sessions_of(HoneypotId{0}), 1U);
}

TEST_F(HoneypotPlaneTest, TheSessionsOfOneThatIsTakenOutGoToTheDefaultPoolAndItServesUntilThen) {
    begin({.honeypots = {pot(0, "a"), pot(1, "b"), pot(2, "c", 1)},
           .pools = {pool(0, "default"), pool(1, "other")},
           .health = {}});
    const auto moved = session("198.51.100.1", 1, 1), stays = session("198.51.100.2", 2, 0);
    honeypots->reconfigure({.honeypots = {pot(0, "a"), pot(2, "c", 1)},
                            .pools = {pool(0, "default"), pool(1, "other")},
                            .health = {}});
    EXPECT_EQ(honeypot_of(moved), 1);
    EXPECT_TRUE(in_service(1)) << "its sessions have nowhere else to go yet";
    EXPECT_TRUE(honeypots->refers_to(HoneypotId{1}, now, now + 10min));
    all_portions();
    EXPECT_EQ(honeypot_of(moved), 0);
    EXPECT_EQ(honeypot_of(stays), 0);
    EXPECT_FALSE(in_service(1));
    EXPECT_TRUE(honeypots->refers_to(HoneypotId{1}, now, now + 63s)) << "flows that have no session yet";
    EXPECT_FALSE(honeypots->refers_to(HoneypotId{1}, now, now + 64s));
}

/// A flow that was diverted to it without a session may get one until it is out of service.
TEST_F(HoneypotPlaneTest, SessionsThatBeginBehindTheSearchAreFoundToo) {
    begin({.honeypots = {pot(0, "a"), pot(1, "b")}, .pools = {pool(0, "default")}, .health = {}});
    const auto first = session("198.51.100.1", 1, 1);
    for (unsigned i = 0; i < 1100; ++i) (void)session("198.51.100.9", 256 + i, 0);
    const auto last = session("198.51.100.2", 2, 1);
    honeypots->reconfigure({.honeypots = {pot(0, "a")}, .pools = {pool(0, "default")}, .health = {}});
    turns(1);
    the_switch.flows().delete_sessions(std::array{first});
    the_switch.reclaim();
    const auto behind = session("198.51.100.3", 3, 1);
    all_portions();
    all_portions();
    EXPECT_EQ(honeypot_of(last), 0);
    EXPECT_EQ(honeypot_of(behind), 0);
    EXPECT_EQ(the_switch.flows().sessions_of(HoneypotId{1}), 0U);
}

TEST_F(HoneypotPlaneTest, WhileNobodyIsUpItsPacketsGoWhereThePoolSays) {
    for (const auto when_none : {Pool::WhenNone::inside, Pool::WhenNone::drop}) {
        begin({.honeypots = {pot(1, "b")}, .pools = {pool(0, "default", when_none)}, .health = {}});
        const auto flow = session("198.51.100.1", 1, 1);
        auto unknown = pot(0, "a");
        unknown.record.mac.reset();
        unknown.record.watched = true;
        honeypots->reconfigure(
            {.honeypots = {unknown}, .pools = {pool(0, "default", when_none)}, .health = {}});
        all_portions();
        EXPECT_EQ(honeypot_of(flow), 1) << "it waits";
        const auto address = appliance.plane().honeypots().address(1);
        ASSERT_FALSE(address);
        EXPECT_EQ(address.error().drops, when_none == Pool::WhenNone::drop);
        honeypots->reconfigure(
            {.honeypots = {pot(0, "a")}, .pools = {pool(0, "default", when_none)}, .health = {}});
        all_portions();
        EXPECT_EQ(honeypot_of(flow), 0);
        the_switch.flows().delete_sessions(std::array{flow});
        the_switch.reclaim();
    }
}

TEST_F(HoneypotPlaneTest, ThoseOfAPortThatIsNoMoreAreDownEvenIfNobodyAsksThem) {
    auto elsewhere = pot(1, "b");
    elsewhere.record.port = 1;
    begin({.honeypots = {pot(0, "a"), elsewhere}, .pools = {pool(0, "default")}, .health = {}});
    const auto flow = session("198.51.100.1", 1, 1);
    honeypots->give_up(dataplane::first_honeypot_port + 1);
    EXPECT_FALSE(honeypots->status(HoneypotId{1}).up());
    EXPECT_TRUE(honeypots->status(HoneypotId{0}).up());
    all_portions();
    EXPECT_EQ(honeypot_of(flow), 0);
    EXPECT_FALSE(in_service(1));
    honeypots->reconfigure(
        {.honeypots = {pot(0, "a"), elsewhere}, .pools = {pool(0, "default")}, .health = {}});
    EXPECT_FALSE(in_service(1)) << "a reload brings no port back";
}

TEST_F(HoneypotPlaneTest, OneThatComesBackKeepsWhatHasNotMoved) {
    begin({.honeypots = {pot(0, "a"), pot(1, "b")}, .pools = {pool(0, "default")}, .health = {}});
    const auto flow = session("198.51.100.1", 1, 1);
    honeypots->reconfigure({.honeypots = {pot(0, "a")}, .pools = {pool(0, "default")}, .health = {}});
    honeypots->reconfigure(
        {.honeypots = {pot(0, "a"), pot(1, "b")}, .pools = {pool(0, "default")}, .health = {}});
    all_portions();
    EXPECT_EQ(honeypot_of(flow), 1);
    EXPECT_TRUE(in_service(1));
}

TEST_F(HoneypotPlaneTest, PoolsAreSpreadUnderTheirNumbers) {
    begin({.honeypots = {pot(4, "a"), pot(9, "b", 7)},
           .pools = {pool(0, "default"), pool(7, "other")},
           .health = {}});
    const auto key = Appliance::key("198.51.100.1", 1);
    EXPECT_EQ(the_switch.placement().choose(PoolId{0}, key), HoneypotId{4});
    EXPECT_EQ(the_switch.placement().choose(PoolId{7}, key), HoneypotId{9});
    EXPECT_EQ(honeypots->status(HoneypotId{9}).mac, pot(9, "b").record.mac);
}

}  // namespace
}  // namespace honeyswitch::control
