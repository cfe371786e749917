// One test for each sentence of the paper's section 3.4, named after it; then what the design adds to the
// paper.
#include "control/controller/controller.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

using Decision = FakeSwitch::Decision;
using Sent = FakeSwitch::Sent;

constexpr AgentId east{0}, west{1};
constexpr auto domain = Ipv4Prefix::of({0x0a010000}, 22);
constexpr Ipv4Address server{0x0a010010}, decoy{0x0a010020}, elsewhere{0x0a020001};

SessionKey key_to(Ipv4Address inside, std::uint16_t outside_port = 40000, std::uint16_t inside_port = 22) {
    return {.outside = Be32::from_host(0xc6336401),
            .inside = Be32::from_host(inside.value),
            .outside_port = Be16::from_host(outside_port),
            .inside_port = Be16::from_host(inside_port),
            .protocol = 6};
}

class PaperSection34 : public testing::Test {
  protected:
    explicit PaperSection34(ControllerConfig config = {}) : controller_(std::move(config), switch_, events_) {
        EXPECT_TRUE(controller_.start(now_));
    }

    DomainReports::Barrier report(std::vector<Ipv4Address> active, AgentId agent = east) {
        return controller_.domain_state(agent, domain, active, now_).value();
    }
    void packet_in(const SessionKey& key, bool fragment = false) {
        controller_.packet_in({.buffer = BufferId{++buffer_}, .key = key, .path = {}, .fragment = fragment},
                              now_);
    }
    void packet_in_from_honeypot(const SessionKey& key) {
        switch_.from_honeypot.insert(++buffer_);
        controller_.packet_in(
            {.buffer = BufferId{buffer_}, .key = key, .path = {}, .from_honeypot = true, .fragment = true},
            now_);
    }
    void pass(Milliseconds time) {
        // In small steps, as the control loop does.
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{250})
            (void)controller_.tick(now_);
        (void)controller_.tick(now_);
    }
    FakeSwitch::Out last_out() { return switch_.packet_outs.back(); }

    FakeSwitch switch_;
    EventBus events_;
    Controller controller_;
    TimePoint now_{Milliseconds{1'000'000}};
    std::uintptr_t buffer_ = 0;
};

TEST_F(PaperSection34, AtStartPacketsFromOutsideGoInside) {
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}

// (1)
TEST_F(PaperSection34, WhenAnAddressIsReportedActiveAnUnknownDomainBecomesKnown) {
    report({server});
    EXPECT_EQ(controller_.domains().at(domain).state, DomainState::known);
}
TEST_F(PaperSection34, PacketsForAKnownDomainArePacketIns) {
    report({server});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::packet_in);
    EXPECT_EQ(switch_.decide(key_to(elsewhere)), Decision::inside);
}
TEST_F(PaperSection34, PacketsForTheReportedAddressGoInside) {
    report({server});
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::inside);
}
TEST_F(PaperSection34, AfterTheFlowsABarrierRequestIsSent) {
    report({server});
    EXPECT_EQ(switch_.log.back(), "barrier");
}
TEST_F(PaperSection34, TheReportIsSettledOnceTheBarrierIsAnswered) {
    const auto barrier = report({server});
    EXPECT_FALSE(controller_.reached(barrier));
    switch_.reached = barrier;
    EXPECT_TRUE(controller_.reached(barrier));
}
TEST_F(PaperSection34, ActiveFlowsAreInBeforeTheDomainsFlow) {
    report({server});
    const auto active = std::ranges::find(switch_.log, "active 10.1.0.16");
    const auto known = std::ranges::find(switch_.log, "domain 10.1.0.0/22 packet_in");
    ASSERT_NE(known, switch_.log.end());
    EXPECT_LT(active, known);
}
TEST_F(PaperSection34, AnAddressThatBecomesActiveLaterGoesInside) {
    report({server});
    (void)controller_.addresses_active(east, domain, std::vector{decoy}, now_);
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
    EXPECT_EQ(switch_.log.back(), "barrier");
}

// (2)
TEST_F(PaperSection34, WhenAnAddressIsReportedInactiveItsFlowIsDeleted) {
    report({server});
    (void)controller_.addresses_inactive(east, domain, std::vector{server}, now_);
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::packet_in);
}

// (3)
TEST_F(PaperSection34, WhenAnExplorerFallsSilentItsDomainBecomesUnknown) {
    report({server});
    controller_.domain_silent(east, domain, now_);
    EXPECT_EQ(controller_.domains().at(domain).state, DomainState::unknown);
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}
TEST_F(PaperSection34, WhenItReturnsTheStateHeals) {
    report({server});
    controller_.domain_silent(east, domain, now_);
    report({decoy});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::packet_in);
}

// (4)
TEST_F(PaperSection34, AtPacketInAFlowForItsAddressesAndPortsToTheHoneypotIsAdded) {
    report({server});
    packet_in(key_to(decoy));
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::honeypot);
    EXPECT_EQ(switch_.decide(key_to(decoy, 40001)), Decision::packet_in);
}
TEST_F(PaperSection34, ThenThePacketIsSentToTheHoneypotByPacketOut) {
    report({server});
    packet_in(key_to(decoy));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{1, Sent::honeypot}));
}
TEST_F(PaperSection34, TheFlowHasAnIdleTimeout) {
    report({server});
    packet_in(key_to(decoy));
    pass(Milliseconds{59'000});
    EXPECT_EQ(switch_.sessions.size(), 1U);
    pass(Milliseconds{4'000});
    EXPECT_EQ(switch_.sessions.size(), 0U);
}
TEST_F(PaperSection34, APacketOfTheSessionStartsTheIdleTimeoutAnew) {
    report({server});
    packet_in(key_to(decoy));
    pass(Milliseconds{50'000});
    switch_.sessions.begin()->second.last_seen = now_;
    pass(Milliseconds{50'000});
    EXPECT_EQ(switch_.sessions.size(), 1U);
}

// 3.2.3
TEST_F(PaperSection34, ASessionStaysWithTheHoneypotWhenItsAddressBecomesActive) {
    report({server});
    packet_in(key_to(decoy));
    (void)controller_.addresses_active(east, domain, std::vector{decoy}, now_);
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::honeypot);
    EXPECT_EQ(switch_.decide(key_to(decoy, 40001)), Decision::inside);
}
TEST_F(PaperSection34, ASessionStaysWithTheHoneypotWhenItsDomainBecomesUnknown) {
    report({server});
    packet_in(key_to(decoy));
    controller_.domain_silent(east, domain, now_);
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::honeypot);
}

// The design
// -------------------------------------------------------------------------------------------------------------

TEST_F(PaperSection34, AtPacketInTheControllerLooksAgain) {
    report({server});
    (void)controller_.addresses_active(east, domain, std::vector{decoy}, now_);
    packet_in(key_to(decoy));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{1, Sent::inside}));
    EXPECT_TRUE(switch_.sessions.empty());
}
TEST_F(PaperSection34, APacketInOfADomainThatIsUnknownByNowGoesInside) {
    report({server});
    controller_.domain_silent(east, domain, now_);
    packet_in(key_to(decoy));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{1, Sent::inside}));
}
TEST_F(PaperSection34, APacketInOfASessionThatExistsOnlySendsThePacketOn) {
    report({server});
    packet_in(key_to(decoy));
    packet_in(key_to(decoy));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{2, Sent::honeypot}));
    EXPECT_EQ(switch_.sessions.size(), 1U);
}
TEST_F(PaperSection34, WhenTheTableIsFullThePacketStillReachesTheHoneypot) {
    report({server});
    switch_.capacity = 0;
    packet_in(key_to(decoy));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{1, Sent::honeypot_no_session}));
    EXPECT_EQ(controller_.counters().value(ControlCounter::session_table_full), 1U);
}
TEST_F(PaperSection34, ADomainStaysKnownWhileAnyAgentWatchesIt) {
    report({server}, east);
    report({decoy}, west);
    controller_.domain_silent(east, domain, now_);
    EXPECT_EQ(controller_.domains().at(domain).state, DomainState::known);
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::inside)
        << "the silent agent's vouchers live on for a while";
    pass(Milliseconds{602'000});
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::packet_in);
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}
TEST_F(PaperSection34, WhatAnAgentSawBeforeItsFirstSweepLapsesToo) {
    (void)controller_.addresses_active(east, domain, std::vector{decoy}, now_);
    controller_.domain_silent(east, domain, now_);
    pass(Milliseconds{602'000});
    EXPECT_TRUE(controller_.addresses().entries().empty());
}
TEST_F(PaperSection34, AnAgentThatReturnsKeepsItsVouchersWhileItSweeps) {
    report({server}, west);
    report({decoy}, east);
    controller_.domain_silent(east, domain, now_);
    (void)controller_.addresses_active(east, domain, std::vector{elsewhere}, now_);
    pass(Milliseconds{602'000});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}
TEST_F(PaperSection34, AnAddressIsActiveWhileAnyAgentVouchesForIt) {
    report({server}, east);
    report({server}, west);
    (void)controller_.addresses_inactive(east, domain, std::vector{server}, now_);
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::inside);
    (void)controller_.addresses_inactive(west, domain, std::vector{server}, now_);
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::packet_in);
}
TEST_F(PaperSection34, AFullStateReplacesWhatTheAgentSaidBefore) {
    report({server, decoy});
    report({decoy});
    EXPECT_EQ(switch_.decide(key_to(server)), Decision::packet_in);
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}
TEST_F(PaperSection34, NetworkAndBroadcastAddressesAreNobodysAndGoInside) {
    report({server});
    EXPECT_EQ(switch_.decide(key_to(domain.network)), Decision::inside);
    EXPECT_EQ(switch_.decide(key_to(domain.last())), Decision::inside);
}
TEST_F(PaperSection34, ADomainBeyondTheCapacityIsRefusedAndNothingChanges) {
    switch_.domain_capacity = 0;
    const auto refused = controller_.domain_state(east, domain, std::vector{server}, now_);
    EXPECT_EQ(refused.error(), "cannot add domain 10.1.0.0/22: the capacity of domains is used up");
    EXPECT_TRUE(controller_.addresses().entries().empty());
    EXPECT_TRUE(controller_.domains().empty());
}

TEST_F(PaperSection34, AHostThatSpeaksToTheOutsideIsActive) {
    report({server});
    switch_.sighted = {decoy};
    pass(Milliseconds{0});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}
TEST_F(PaperSection34, ASightingEndsWhenTheHostHasBeenQuiet) {
    report({server});
    switch_.sighted = {decoy};
    pass(Milliseconds{601'000});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::packet_in);
    EXPECT_EQ(controller_.sightings(), 0U);
}
TEST_F(PaperSection34, ASightingGoesOnWhileTheHostSpeaks) {
    report({server});
    switch_.sighted = {decoy};
    pass(Milliseconds{301'000});
    ASSERT_EQ(switch_.asked.erase(decoy), 1U);  // the host speaks
    pass(Milliseconds{300'000});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
    EXPECT_EQ(controller_.sightings(), 1U);
}

TEST_F(PaperSection34, AFirstFragmentOpensTheWayForTheFollowingOnes) {
    report({server});
    packet_in(key_to(decoy), true);
    EXPECT_EQ(switch_.decide(companion_of(key_to(decoy))), Decision::honeypot);
}
TEST_F(PaperSection34, AFollowingFragmentThatComesFirstBeginsTheCompanion) {
    report({server});
    packet_in(companion_of(key_to(decoy)), true);
    EXPECT_EQ(last_out(), (FakeSwitch::Out{1, Sent::honeypot}));
    packet_in(key_to(decoy), true);
    EXPECT_EQ(last_out(), (FakeSwitch::Out{2, Sent::honeypot}));
    EXPECT_EQ(switch_.sessions.size(), 2U);
}
TEST_F(PaperSection34, AFragmentedReplyOfTheHoneypotGoesOutsideWhole) {
    report({server});
    packet_in(key_to(decoy));
    packet_in_from_honeypot(key_to(decoy));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{2, Sent::outside}));
    packet_in_from_honeypot(companion_of(key_to(decoy)));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{3, Sent::outside}));
}
TEST_F(PaperSection34, AFragmentOfTheHoneypotWithoutASessionIsContained) {
    packet_in_from_honeypot(companion_of(key_to(decoy)));
    EXPECT_EQ(last_out(), (FakeSwitch::Out{1, Sent::dropped}));
}

TEST_F(PaperSection34, ASilentAgentsDomainBecomesUnknownAsSoonAsTheSwitchTakesIt) {
    report({server});
    switch_.refuses_domains = true;
    controller_.domain_silent(east, domain, now_);
    EXPECT_EQ(controller_.domains().at(domain).state, DomainState::known) << "what is so is shown";
    EXPECT_EQ(controller_.counters().value(ControlCounter::domain_refused), 1U);
    switch_.refuses_domains = false;
    pass(Milliseconds{1'250});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}

class WithConfiguredPrefixes : public PaperSection34 {
  protected:
    WithConfiguredPrefixes()
        : PaperSection34({.static_active = {Ipv4Prefix::of({0x0a018001}, 32)},
                          .dark = {Ipv4Prefix::of({0x0a010000}, 16)},
                          .grants = {domain}}) {}
};

TEST_F(WithConfiguredPrefixes, ADarkPrefixNeedsNoAgent) {
    EXPECT_EQ(switch_.decide(key_to({0x0a01c001})), Decision::packet_in);
}
TEST_F(WithConfiguredPrefixes, AStaticEntryIsActive) {
    EXPECT_EQ(switch_.decide(key_to({0x0a018001})), Decision::inside);
}
TEST_F(WithConfiguredPrefixes, AGrantWithinADarkPrefixIsUnknownUntilItsAgentReports) {
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
    const auto grant = std::ranges::find(switch_.log, "domain 10.1.0.0/22 inside");
    const auto dark = std::ranges::find(switch_.log, "domain 10.1.0.0/16 packet_in");
    EXPECT_LT(grant, dark) << "there is no moment at which the grant is dark";
    report({server});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::packet_in);
    controller_.domain_silent(east, domain, now_);
    pass(Milliseconds{5'000});
    EXPECT_EQ(switch_.decide(key_to(decoy)), Decision::inside);
}

TEST_F(WithConfiguredPrefixes, WhatFindsNoRoomAtAReloadIsTriedAgainAndTheRestIsInForce) {
    const auto new_grant = Ipv4Prefix::of({0x0a020000}, 24), new_dark = Ipv4Prefix::of({0x0a030000}, 24),
               around = Ipv4Prefix::of({0x0a020000}, 16);
    switch_.domain_capacity = 3;
    controller_.reconfigure({.dark = {around, new_dark}, .grants = {domain, new_grant}}, now_);
    while (controller_.changing()) controller_.tick(now_);
    EXPECT_EQ(controller_.outcome().error().message(),
              "cannot add domain 10.2.0.0/16: the capacity of domains is used up, and 1 more are left out");
    EXPECT_EQ(switch_.decide(key_to({0x0a030001})), Decision::packet_in);
    EXPECT_EQ(switch_.decide(key_to({0x0a020001})), Decision::inside) << "a grant is never dark";
    EXPECT_EQ(switch_.decide(key_to({0x0a02ff01})), Decision::inside);
    switch_.domain_capacity = 100;
    pass(Milliseconds{1'250});
    EXPECT_EQ(switch_.decide(key_to({0x0a020001})), Decision::inside);
    EXPECT_EQ(switch_.decide(key_to({0x0a02ff01})), Decision::packet_in);
}

TEST_F(WithConfiguredPrefixes, NothingIsDivertedAroundAGrantThatFindsNoRoom) {
    const auto grant = Ipv4Prefix::of({0x0a020000}, 24), around = Ipv4Prefix::of({0x0a020000}, 16);
    const auto settle = [&] {
        while (controller_.changing()) controller_.tick(now_);
    };
    controller_.reconfigure({.grants = {around}}, now_);
    settle();
    switch_.domain_capacity = switch_.domains.size();
    controller_.reconfigure({.dark = {around}, .grants = {grant}}, now_);
    settle();
    EXPECT_EQ(controller_.outcome().error().message(),
              "cannot add domain 10.2.0.0/24: the capacity of domains is used up");
    EXPECT_EQ(switch_.decide(key_to({0x0a02ff01})), Decision::inside);
    switch_.domain_capacity = 100;
    pass(Milliseconds{1'250});
    EXPECT_EQ(switch_.decide(key_to({0x0a02ff01})), Decision::packet_in);
    EXPECT_EQ(switch_.decide(key_to({0x0a020001})), Decision::inside);
}

TEST_F(PaperSection34, AnUnknownDomainIsForgottenOnceItsSessionsAreOver) {
    report({server});
    packet_in(key_to(decoy));
    controller_.domain_silent(east, domain, now_);
    pass(Milliseconds{10'000});
    EXPECT_TRUE(controller_.domains().contains(domain));
    pass(Milliseconds{60'000});
    EXPECT_FALSE(controller_.domains().contains(domain));
    EXPECT_TRUE(switch_.domains.empty());
}

}  // namespace
}  // namespace honeyswitch::control
