// What the controller does with flows of addresses whose host lives: no session is made for one, and none
// that was made goes on.
#include <gtest/gtest.h>

#include "control/controller/controller.hpp"
#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

using Decision = FakeSwitch::Decision;
using Sent = FakeSwitch::Sent;

constexpr AgentId east{0};
constexpr auto domain = Ipv4Prefix::of({0x0a010000}, 22);
constexpr Ipv4Address server{0x0a010010}, host{0x0a010020};

class LiveHosts : public testing::Test {
  protected:
    LiveHosts() {
        EXPECT_TRUE(controller_.start(now_));
        EXPECT_TRUE(controller_.domain_state(east, domain, std::vector{server}, now_));
    }
    static SessionKey key_to(Ipv4Address inside, std::uint16_t outside_port = 40000) {
        return {.outside = Be32::from_host(0xc6336401),
                .inside = Be32::from_host(inside.value),
                .outside_port = Be16::from_host(outside_port),
                .inside_port = Be16::from_host(9),
                .protocol = 17};
    }
    Sent goes(PacketIn packet) {
        packet.buffer = BufferId{++buffer_};
        if (packet.from_honeypot) switch_.from_honeypot.insert(buffer_);
        controller_.packet_in(packet, now_);
        EXPECT_EQ(switch_.packet_outs.back().buffer, buffer_);
        return switch_.packet_outs.back().to;
    }
    void pass(Milliseconds time) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{250})
            (void)controller_.tick(now_);
        (void)controller_.tick(now_);
    }

    FakeSwitch switch_;
    EventBus events_;
    Controller controller_{{}, switch_, events_};
    TimePoint now_{Milliseconds{1'000'000}};
    std::uintptr_t buffer_ = 0;
};

TEST_F(LiveHosts, WhatAWorkerHasSeenCountsBeforeItIsTaken) {
    switch_.sighted = {host};
    EXPECT_EQ(goes({.key = key_to(host)}), Sent::inside);
    EXPECT_EQ(goes({.key = companion_of(key_to(host)), .fragment = true}), Sent::inside);
    EXPECT_TRUE(switch_.sessions.empty());
}

TEST_F(LiveHosts, ASightingThatCrossesTheNewSessionEndsIt) {
    switch_.spoke_meanwhile = host;
    EXPECT_EQ(goes({.key = key_to(host)}), Sent::inside);
    EXPECT_NE(switch_.decide(key_to(host)), Decision::honeypot);
    EXPECT_EQ(goes({.key = key_to(host)}), Sent::inside);
}

TEST_F(LiveHosts, ASightingThatCrossesTheNewCompanionEndsIt) {
    EXPECT_EQ(goes({.key = key_to(host)}), Sent::honeypot);
    switch_.spoke_meanwhile = host;
    EXPECT_EQ(goes({.key = key_to(host), .fragment = true}), Sent::honeypot);
    EXPECT_EQ(switch_.decide(key_to(host)), Decision::honeypot)
        << "nothing says that this flow is the host's";
    EXPECT_NE(switch_.decide(companion_of(key_to(host))), Decision::honeypot);
    EXPECT_EQ(goes({.key = companion_of(key_to(host)), .fragment = true}), Sent::inside);
}

TEST_F(LiveHosts, ThereIsNoCompanionForOne) {
    EXPECT_EQ(goes({.key = key_to(host)}), Sent::honeypot);
    (void)controller_.addresses_active(east, domain, std::vector{host}, now_);
    EXPECT_EQ(goes({.key = key_to(host), .fragment = true}), Sent::honeypot);
    EXPECT_EQ(goes({.key = companion_of(key_to(host)), .fragment = true}), Sent::inside);
    EXPECT_EQ(switch_.sessions.size(), 1U);
}

TEST_F(LiveHosts, ThereIsOneForADecoyAndItLasts) {
    const Judgement diverted{.verdict = Judgement::Verdict::divert};
    EXPECT_EQ(goes({.key = key_to(server), .judgement = diverted, .fragment = true}), Sent::honeypot);
    const auto companion = switch_.find_session(companion_of(key_to(server)));
    ASSERT_TRUE(companion);
    EXPECT_TRUE(switch_.lasting.contains(*companion));
    EXPECT_TRUE(switch_.lasting.contains(*switch_.find_session(key_to(server))));
}

TEST_F(LiveHosts, SessionsOfInactiveAddressesDoNotLast) {
    (void)goes({.key = key_to(host), .fragment = true});
    EXPECT_TRUE(switch_.lasting.empty());
}

TEST_F(LiveHosts, TheFragmentsOfADecoysReplyAskForOneToo) {
    const Judgement diverted{.verdict = Judgement::Verdict::divert};
    (void)goes({.key = key_to(server), .judgement = diverted});
    EXPECT_EQ(goes({.key = key_to(server), .judgement = diverted, .from_honeypot = true, .fragment = true}),
              Sent::outside);
    EXPECT_TRUE(switch_.find_session(companion_of(key_to(server))));
}

TEST_F(LiveHosts, AFlowThatHasEndedGoesInsideAndItsHoneypotIsContained) {
    (void)goes({.key = key_to(host)});
    switch_.end_session(*switch_.find_session(key_to(host)));
    EXPECT_EQ(goes({.key = key_to(host), .fragment = true}), Sent::inside);
    EXPECT_EQ(goes({.key = key_to(host), .from_honeypot = true, .fragment = true}), Sent::dropped);
    EXPECT_EQ(switch_.sessions.size(), 1U) << "and no companion";
}

TEST_F(LiveHosts, AFlowThatHasEndedGivesItsPlaceBackHoweverMuchComesOnIt) {
    (void)goes({.key = key_to(host)});
    switch_.end_session(*switch_.find_session(key_to(host)));
    for (int seconds = 0; seconds < 63; ++seconds) {
        if (const auto flow = switch_.find_session(key_to(host))) switch_.sessions.at(*flow).last_seen = now_;
        pass(Milliseconds{1'000});
    }
    EXPECT_TRUE(switch_.sessions.empty());
}

TEST_F(LiveHosts, WhatTheHostOfADecoyHasBegunIsNoSession) {
    EXPECT_EQ(
        goes({.key = key_to(server), .judgement = {.verdict = Judgement::Verdict::divert}, .own_flow = true}),
        Sent::inside);
    EXPECT_TRUE(switch_.sessions.empty());
}

}  // namespace
}  // namespace honeyswitch::control
