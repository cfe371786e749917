// What of a file is put back, and what is not: a host's traffic comes first.
#include "control/state/state_restorer.hpp"

#include <gtest/gtest.h>

#include "tests/unit/fakes/fake_switch.hpp"
#include "tests/unit/fakes/memory_source.hpp"

namespace honeyswitch::control {
namespace {

using Decision = FakeSwitch::Decision;

constexpr auto dark = Ipv4Prefix::of({0x0a020000}, 16), grant = Ipv4Prefix::of({0x0a010000}, 16);
constexpr auto domain = Ipv4Prefix::of({0x0a010500}, 24);
constexpr Ipv4Address decoy{0x0a020007}, watched{0x0a010507}, server{0x0a020001};
constexpr WallMilliseconds saved_at{Milliseconds{1'764'043'200'000}};
constexpr TimePoint then{Milliseconds{9'000'000}};
constexpr Milliseconds away{3'000};

SessionRecord session_to(Ipv4Address inside, Milliseconds idle = Milliseconds{0}) {
    return {.stats = {.key = {.outside = Be32::from_host(0xc6336401),
                              .inside = Be32::from_host(inside.value),
                              .outside_port = Be16::from_host(40'000),
                              .inside_port = Be16::from_host(22),
                              .protocol = 6},
                      .path = {.source = {2, 0, 0, 0, 0, 1}, .link = 1},
                      .honeypot = HoneypotId{5},
                      .progress = Step::payload,
                      .created = then - Milliseconds{40'000},
                      .last_seen = then - idle,
                      .packets_in = 12,
                      .bytes_in = 3'400,
                      .packets_out = 10,
                      .bytes_out = 2'000},
            .counted = Step::handshake,
            .lasting = true};
}

class Nothing final : public AnywayDiverted {
  public:
    [[nodiscard]] bool diverts_anyway(const SessionKey&) const override { return diverts; }
    bool diverts = false;
};

class StateRestorerTest : public testing::Test {
  protected:
    Restored restore() {
        auto restored = try_to_restore();
        EXPECT_TRUE(restored) << restored.error().reason;
        return restored.value_or(Restored{});
    }
    std::expected<Restored, StateRefused> try_to_restore() {
        controller_.emplace(config_, switch_, events_);
        EXPECT_TRUE(controller_->start(now_));
        MemorySource source(file());
        return restore_state(source, *controller_, places_, rules_, wall_, now_);
    }
    StateBytes file() {
        const ClockPair clocks(saved_at, then);
        StateBytes bytes = header_bytes({.saved_at = saved_at, .observing = observed_});
        const auto put = [&](StateKind kind, const auto& entries, const auto&... more) {
            StateBlockWriter block(kind);
            for (const auto& entry : entries) block.add(entry, more...);
            const auto part = block.take();
            bytes.insert(bytes.end(), part.begin(), part.end());
        };
        put(StateKind::honeypots,
            std::vector<SavedName>{{5, "second", MacAddress{{2, 0, 0, 0, 0, 9}}}, {6, "gone"}});
        put(StateKind::links, std::vector<SavedName>{{1, "east-link"}, {2, "gone"}});
        put(StateKind::agents, std::vector<SavedName>{{3, "east"}, {4, "gone"}});
        put(StateKind::campus, campus_);
        put(StateKind::watches, watches_, clocks);
        put(StateKind::vouchers, vouchers_);
        put(StateKind::sightings, sightings_, clocks);
        put(StateKind::sessions, sessions_, clocks);
        const auto end = end_bytes({watches_.size(), vouchers_.size(), sightings_.size(), sessions_.size()});
        bytes.insert(bytes.end(), end.begin(), end.end());
        return bytes;
    }
    static std::uint64_t lost(const Restored& restored, StateLoss why) {
        return restored.lost.at(std::to_underlying(why));
    }
    void pass(Milliseconds time) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{250})
            (void)controller_->tick(now_);
        (void)controller_->tick(now_);
    }
    Decision decide(Ipv4Address inside) { return switch_.decide(session_to(inside).stats.key); }

    // The file
    std::vector<Ipv4Prefix> campus_{dark, grant};
    std::vector<WatchRecord> watches_;
    std::vector<SavedVoucher> vouchers_;
    std::vector<SightingRecord> sightings_;
    std::vector<SessionRecord> sessions_;
    bool observed_ = false;

    // Today
    ControllerConfig config_{
        .static_active = {Ipv4Prefix::of(server, 32)}, .dark = {dark}, .grants = {grant}};
    StatePlaces places_{.honeypots = {{"second", HoneypotId{0}}},
                        .links = {{"east-link", 0}},
                        .agents = {{"east", {AgentId{0}, {grant}}}},
                        .campus = {dark, grant},
                        .sighting_lifetime = Milliseconds{600'000}};
    FakeSwitch switch_;
    EventBus events_;
    std::optional<Controller> controller_;
    Nothing rules_;
    WallMilliseconds wall_ = saved_at + away;
    TimePoint now_{Milliseconds{1'500}};
};

TEST_F(StateRestorerTest, ASessionGoesOnAsItWas) {
    sessions_ = {session_to(decoy)};
    const auto restored = restore();
    EXPECT_EQ(restored.totals.sessions, 1U);
    EXPECT_EQ(restored.lost_sessions(), 0U);
    EXPECT_EQ(decide(decoy), Decision::honeypot);
    const auto flow = switch_.find_session(session_to(decoy).stats.key).value();
    SessionRecord wanted = session_to(decoy);
    wanted.stats.honeypot = HoneypotId{0};
    wanted.stats.path.link = 0;
    wanted.stats.created = now_ - away - Milliseconds{40'000};
    wanted.stats.last_seen = now_ - away;
    EXPECT_EQ(switch_.record(flow, now_), wanted);
    EXPECT_EQ(restored.honeypots,
              (std::vector<std::pair<HoneypotId, MacAddress>>{{HoneypotId{0}, {{2, 0, 0, 0, 0, 9}}}}));
}

TEST_F(StateRestorerTest, ItEndsWhenItHasBeenIdleForItsTimeoutOverBothProcesses) {
    sessions_ = {session_to(decoy, Milliseconds{50'000})};
    EXPECT_EQ(restore().totals.sessions, 1U);
    pass(Milliseconds{5'000});
    EXPECT_EQ(switch_.session_count(), 1U);
    pass(Milliseconds{5'000});
    EXPECT_EQ(switch_.session_count(), 0U);
}

TEST_F(StateRestorerTest, WhatHasExpiredMeanwhileIsNotPutBack) {
    sessions_ = {session_to(decoy, Milliseconds{56'999}),
                 session_to({decoy.value + 1}, Milliseconds{57'000})};
    const auto restored = restore();
    EXPECT_EQ(restored.totals.sessions, 1U);
    EXPECT_EQ(lost(restored, StateLoss::expired), 1U);
    EXPECT_EQ(decide(decoy), Decision::honeypot);
}

TEST_F(StateRestorerTest, AClockThatWasSetBackLetsNoTimePass) {
    sessions_ = {session_to(decoy, Milliseconds{59'000})};
    wall_ = saved_at - std::chrono::hours{24};
    EXPECT_EQ(restore().totals.sessions, 1U);
    const auto flow = switch_.find_session(session_to(decoy).stats.key).value();
    EXPECT_EQ(switch_.session(flow, now_)->last_seen, now_ - Milliseconds{59'000});
}

TEST_F(StateRestorerTest, WhatTheConfigurationCallsActiveIsNeverDiverted) {
    sessions_ = {session_to(server)};
    EXPECT_EQ(lost(restore(), StateLoss::live), 1U);
    EXPECT_EQ(decide(server), Decision::inside);
}

TEST_F(StateRestorerTest, ADecoyOfTheRulesOfTodayGoesOn) {
    sessions_ = {session_to(server)};
    rules_.diverts = true;
    EXPECT_EQ(restore().totals.sessions, 1U);
}

TEST_F(StateRestorerTest, EachReasonForALossIsCounted) {
    SessionRecord no_honeypot = session_to(decoy), no_link = session_to(decoy), never = session_to(decoy);
    no_honeypot.stats.honeypot = HoneypotId{6};
    no_link.stats.path.link = 2;
    never.stats.path.link = 9;
    sessions_ = {session_to({0x0a030001}), no_honeypot, no_link, never, session_to(decoy), session_to(decoy)};
    const auto restored = restore();
    EXPECT_EQ(restored.totals.sessions, 1U);
    EXPECT_EQ(lost(restored, StateLoss::not_dark), 1U);
    EXPECT_EQ(lost(restored, StateLoss::no_honeypot), 1U);
    EXPECT_EQ(lost(restored, StateLoss::no_link), 2U);
    EXPECT_EQ(lost(restored, StateLoss::twice), 1U);
    EXPECT_EQ(
        restored_text(restored),
        "restart: 1 sessions, 0 sightings and 0 addresses of agents are back after 3s; 5 sessions are not: "
        "1 are for addresses that are in no domain any more, 1 were there twice, 1 were with honeypots that "
        "are gone, 2 came by links that are gone");
}

TEST_F(StateRestorerTest, AFullTableTakesNoMore) {
    switch_.capacity = 1;
    sessions_ = {session_to(decoy), session_to({decoy.value + 1})};
    EXPECT_EQ(lost(restore(), StateLoss::no_room), 1U);
}

TEST_F(StateRestorerTest, SessionsThatWereOnlyObservedAreNotDiverted) {
    sessions_ = {session_to(decoy)};
    observed_ = true;
    EXPECT_EQ(lost(restore(), StateLoss::observed), 1U);
    places_.observing = true;
    EXPECT_EQ(restore().totals.sessions, 1U);
}

TEST_F(StateRestorerTest, WhoseOutsideIsOfTheCampusIsContainedByTheConfigurationOfToday) {
    sessions_ = {session_to(decoy)};
    switch_.campus = Ipv4Prefix::of({0xc6336400}, 24);
    (void)restore();
    EXPECT_TRUE(switch_.contained.contains(switch_.find_session(session_to(decoy).stats.key).value()));
}

TEST_F(StateRestorerTest, ASessionInAnAgentsDomainGoesOnWhileTheDomainIsUnknown) {
    watches_ = {{AgentId{3}, domain, then + Milliseconds{600'000}}};
    sessions_ = {session_to(watched)};
    EXPECT_EQ(restore().totals.sessions, 1U);
    EXPECT_EQ(controller_->domains().at(domain).state, DomainState::unknown);
    EXPECT_TRUE(switch_.kept.contains(domain)) << "workers find its sessions";
    EXPECT_EQ(decide(watched), Decision::honeypot);
    EXPECT_EQ(decide({watched.value + 1}), Decision::inside)
        << "nothing new is diverted before the agent reports";
    (void)controller_->domain_state(AgentId{0}, domain, {}, now_);
    EXPECT_EQ(decide({watched.value + 1}), Decision::packet_in);
    EXPECT_EQ(decide(watched), Decision::honeypot);
}

TEST_F(StateRestorerTest, ADomainThatIsGrantedNoLongerIsNotPutBack) {
    watches_ = {{AgentId{3}, Ipv4Prefix::of({0x0a030000}, 24), then + Milliseconds{600'000}},
                {AgentId{4}, domain, then + Milliseconds{600'000}}};
    sessions_ = {session_to({0x0a030001})};
    const auto restored = restore();
    EXPECT_EQ(restored.totals.watches, 0U);
    EXPECT_EQ(lost(restored, StateLoss::not_dark), 1U);
    EXPECT_FALSE(controller_->domains().contains(domain)) << "its agent is gone";
}

TEST_F(StateRestorerTest, WithoutRoomForTheStatesOfItsDomainASessionIsLost) {
    sessions_ = {session_to(watched)};
    switch_.keeps_states = false;
    EXPECT_EQ(lost(restore(), StateLoss::no_room), 1U);
}

TEST_F(StateRestorerTest, WhatAnAgentVouchedForStaysActiveUntilItReportsOrItsTimeIsOver) {
    watches_ = {{AgentId{3}, domain, then + Milliseconds{600'000}}};
    vouchers_ = {{watched, AgentId{3}}, {{watched.value + 1}, AgentId{3}}, {{0x0a010901}, AgentId{3}}};
    const auto restored = restore();
    EXPECT_EQ(restored.totals.vouchers, 2U) << "the third is in no domain that the agent watched";
    // Another agent knows the domain, and does not see the host.
    (void)controller_->domain_state(AgentId{1}, domain, {}, now_);
    EXPECT_EQ(decide(watched), Decision::inside);
    (void)controller_->domain_state(AgentId{0}, domain, std::vector{watched}, now_);
    EXPECT_EQ(decide(watched), Decision::inside);
    EXPECT_EQ(decide({watched.value + 1}), Decision::packet_in) << "its agent has reported again, without it";
}

TEST_F(StateRestorerTest, AnAgentThatStaysAwayVouchesNoLongerThanWithoutARestart) {
    watches_ = {{AgentId{3}, domain, then + Milliseconds{10'000}}};
    vouchers_ = {{watched, AgentId{3}}};
    (void)restore();
    (void)controller_->domain_state(AgentId{1}, domain, {}, now_);
    pass(Milliseconds{6'500});
    EXPECT_EQ(decide(watched), Decision::inside);
    pass(Milliseconds{1'000});
    EXPECT_EQ(decide(watched), Decision::packet_in);
}

TEST_F(StateRestorerTest, AHostThatWasSeenToSpeakIsActiveForAsLongAsItWouldHaveBeen) {
    sightings_ = {{decoy, true, then + Milliseconds{2'000}},
                  {{decoy.value + 1}, false, then + Milliseconds{9'000}}};
    EXPECT_EQ(restore().totals.sightings, 2U);
    EXPECT_EQ(decide(decoy), Decision::inside);
    pass(Milliseconds{1'750});
    EXPECT_EQ(decide(decoy), Decision::inside) << "while the switch was away nobody could hear it";
    pass(Milliseconds{500});
    EXPECT_EQ(decide(decoy), Decision::packet_in) << "it was asked before, and did not speak";
    EXPECT_EQ(decide({decoy.value + 1}), Decision::inside) << "it is asked later";
}

TEST_F(StateRestorerTest, OfTwoSightingsOfAnAddressTheLaterHolds) {
    sightings_ = {{decoy, true, then + Milliseconds{100}}, {decoy, false, then + Milliseconds{300'000}}};
    EXPECT_EQ(restore().totals.sightings, 1U);
    pass(Milliseconds{10'000});
    EXPECT_EQ(decide(decoy), Decision::inside);
}

TEST_F(StateRestorerTest, ASightingIsForgottenAfterALifetimeAway) {
    sightings_ = {{decoy, false, then + Milliseconds{300'000}}};
    wall_ = saved_at + Milliseconds{600'000};
    EXPECT_EQ(restore().totals.sightings, 0U);
}

TEST_F(StateRestorerTest, AFileOfAnotherCampusIsRefused) {
    sessions_ = {session_to(decoy)};
    campus_ = {Ipv4Prefix::of({0xc0a80000}, 16)};
    const auto refused = try_to_restore();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().why, StateRefused::Why::other_campus);
    EXPECT_EQ(switch_.session_count(), 0U);
    campus_.push_back(Ipv4Prefix::of({0x0a020000}, 24));
    EXPECT_EQ(restore().totals.sessions, 1U) << "a campus that has changed is the same campus";
}

TEST_F(StateRestorerTest, OfAFileWithAFlawNothingIsPutBack) {
    sessions_ = {session_to(decoy)};
    controller_.emplace(config_, switch_, events_);
    ASSERT_TRUE(controller_->start(now_));
    StateBytes bytes = file();
    bytes.pop_back();
    MemorySource source(bytes);
    const auto refused = restore_state(source, *controller_, places_, rules_, wall_, now_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().why, StateRefused::Why::broken);
    EXPECT_EQ(switch_.session_count(), 0U);
}

}  // namespace
}  // namespace honeyswitch::control
