// A session that is put back is as it was: to whoever asks, and to the workers.
#include <array>
#include <optional>

#include "control/dpdk/dpdk_switch.hpp"
#include "tests/unit/fixtures/plane_fixture.hpp"

namespace honeyswitch::control {
namespace {

using dataplane::Counter;
using dataplane::Frame;
using dataplane::inside_port;
using dataplane::ip;
using dataplane::outside_port;

constexpr auto campus = Ipv4Prefix::of({0x0a010000}, 16);

class SessionRecords : public dataplane::PlaneFixture {
  protected:
    [[nodiscard]] FlowTable& flows() { return switch_.flows(); }
    [[nodiscard]] SessionRecord record(FlowId flow) { return flows().record(flow, now_).value(); }
    void forget(FlowId flow) {
        flows().delete_sessions(std::array{flow});
        turn();
        switch_.reclaim();
        ASSERT_EQ(flows().session_count(), 0U);
    }
    FlowId add(bool contained = false, bool lasting = false) {
        return flows()
            .add_session({.key = key_of(decoy),
                          .path = {dataplane::core_mac, dataplane::upstream_mac},
                          .honeypot = HoneypotId{0},
                          .contained = contained,
                          .lasting = lasting},
                         now_)
            .value();
    }

    DpdkSwitch switch_{*plane_, dataplane::buffers()};
    TimePoint now_{Milliseconds{40}};
};

TEST_F(SessionRecords, ARoundTripGivesTheSameAnswers) {
    const FlowId flow = add();
    carry(honeypot_port, reply_of(decoy));
    carry(outside_port, to(decoy).payload(1));
    carry(outside_port, Frame().ipv4(attacker, decoy).tcp(40000, 22, 0x18).payload(9));
    (void)switch_.flows().take_progress(flow);
    const SessionRecord before = record(flow);
    EXPECT_EQ(before.stats.packets_in, 2U);
    EXPECT_EQ(before.stats.packets_out, 1U);
    EXPECT_EQ(before.stats.progress, Step::payload);
    EXPECT_EQ(before.counted, Step::payload);
    EXPECT_TRUE(before.lasting) << "TCP tells when it is over";
    forget(flow);
    EXPECT_EQ(switch_.flows().sessions_of(HoneypotId{0}), 0U);

    const auto again = flows().restore_session(before);
    ASSERT_TRUE(again);
    EXPECT_EQ(record(*again), before);
    EXPECT_EQ(flows().find_session(key_of(decoy)), again);
    EXPECT_EQ(flows().sessions_in(campus), 1U);
    EXPECT_EQ(switch_.flows().sessions_of(HoneypotId{0}), 1U);
    EXPECT_EQ(switch_.flows().take_progress(*again)->before, Step::payload);
    carry(outside_port, to(decoy));
    EXPECT_EQ(counted(Counter::outside_to_honeypot_session), 3U) << "workers find it";
    carry(honeypot_port, reply_of(decoy));
    EXPECT_EQ(left(outside_port).back(),
              reply_of(decoy).between(dataplane::core_mac, dataplane::upstream_mac).bytes());
}

TEST_F(SessionRecords, SayWhetherItIsContainedOrEnded) {
    const FlowId flow = add(/*contained=*/true);
    flows().end_session(flow);
    const SessionRecord before = record(flow);
    EXPECT_TRUE(before.contained && before.ended);
    forget(flow);
    const FlowId again = flows().restore_session(before).value();
    EXPECT_EQ(record(again), before);
    EXPECT_TRUE(flows().ended(again));
    carry(outside_port, to(decoy));
    EXPECT_EQ(left(dataplane::inside_port).size(), 1U);
}

TEST_F(SessionRecords, SaySinceWhenItOutlivesItsAddress) {
    const SessionKey key{ip(attacker), ip(decoy), Be16::from_host(7), Be16::from_host(53), protocol::udp};
    const FlowId flow = flows().add_session({.key = key, .path = {}}, now_).value();
    EXPECT_FALSE(record(flow).lasting || record(flow).outlives_since);
    plane_->sessions().at(std::to_underlying(flow)).outlives_since = 30;
    const SessionRecord before = record(flow);
    EXPECT_EQ(before.outlives_since, TimePoint{Milliseconds{30}});
    forget(flow);
    const FlowId again = flows().restore_session(before).value();
    EXPECT_EQ(record(again), before);
    EXPECT_EQ(plane_->sessions().at(std::to_underlying(again)).outlives_since, 30U);
}

TEST_F(SessionRecords, TimesMayLieBeforeTheClockOfAnotherProcessBegan) {
    const SessionRecord record{.stats = {.key = key_of(decoy),
                                         .path = {},
                                         .created = TimePoint{Milliseconds{-86'400'000}},
                                         .last_seen = TimePoint{Milliseconds{-500}}}};
    const FlowId flow = flows().restore_session(record).value();
    EXPECT_EQ(flows().record(flow, now_), record);
}

/// As after a restart: the domain's agent has not reported yet.
TEST_F(SessionRecords, GoOnInADomainThatNothingIsKnownOf) {
    constexpr auto unknown = Ipv4Prefix::of({0x0a090000}, 24);
    constexpr const char* watched = "10.9.0.5";
    ASSERT_TRUE(switch_.addresses().add_domain(unknown, DomainAction::inside, {}));
    ASSERT_TRUE(switch_.addresses().keep_states(unknown));
    const SessionRecord record{.stats = {.key = key_of(watched),
                                         .path = {dataplane::core_mac, dataplane::upstream_mac},
                                         .honeypot = HoneypotId{0},
                                         .progress = Step::handshake,
                                         .created = now_,
                                         .last_seen = now_},
                               .lasting = true};
    const auto flow = flows().restore_session(record);
    ASSERT_TRUE(flow);
    carry(outside_port, to(watched));
    EXPECT_EQ(left(honeypot_port).size(), 1U);
    carry(outside_port, to("10.9.0.6"));
    EXPECT_EQ(left(inside_port).size(), 1U) << "nothing else is diverted";
    carry(inside_port, Frame().ipv4(watched, attacker).tcp(22, 40000, 0x18));
    EXPECT_EQ(left(outside_port).size(), 1U);
    EXPECT_TRUE(flows().ended(*flow)) << "its host is there: the flow is its own";
}

TEST_F(SessionRecords, AFullTableTakesNone) {
    const SessionRecord record{
        .stats = {.key = key_of(decoy), .path = {}, .created = now_, .last_seen = now_}};
    for (std::uint16_t port = 1; port <= flows().session_capacity(); ++port)
        ASSERT_TRUE(flows().add_session({.key = key_of("10.1.0.33", port), .path = {}}, now_));
    EXPECT_EQ(flows().restore_session(record), std::nullopt);
    EXPECT_EQ(flows().sessions_in(campus), flows().session_capacity()) << "its address has no mark";
}

}  // namespace
}  // namespace honeyswitch::control
