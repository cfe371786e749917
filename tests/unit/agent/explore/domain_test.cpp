// A domain against a simulated segment.
#include "agent/explore/domain.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/explore/segment.hpp"

namespace honeyswitch::agent {
namespace {

TEST(Domain, AnySenderIsActiveAtOnce) {
    struct Row {
        const char* what;
        ArpFrame frame;
        std::uint32_t active;  ///< 0: none
    };
    const auto mac = mac_of(7);
    auto multicast = Segment::request(at(7), mac, at(1));
    multicast.sender_mac.octets[0] |= 1;
    auto announcement = Segment::reply(at(7), mac);
    announcement.target = at(7);
    for (const auto& [what, frame, active] : {
             Row{"a request's sender", Segment::request(at(7), mac, at(1)), 7},
             Row{"a reply's sender", Segment::reply(at(7), mac), 7},
             Row{"an announcement", Segment::request(at(7), mac, at(7)), 7},
             Row{"a gratuitous reply", announcement, 7},
             Row{"an RFC 5227 probe's target", Segment::request({0}, mac, at(7)), 7},
             Row{"an address outside", Segment::request({0x0a020007}, mac, at(1)), 0},
             Row{"a multicast MAC", multicast, 0},
             Row{"a zero MAC", Segment::request(at(7), {}, at(1)), 0},
             Row{"the network's address", Segment::request(at(0), mac, at(1)), 0},
             Row{"the broadcast address", Segment::request(at(255), mac, at(1)), 0},
             Row{"the agent's own frame", Segment::request(at(7), agent_mac, at(1)), 0},
         }) {
        Segment segment(quick());
        segment.hear(frame);
        EXPECT_EQ(segment.found().size(), active == 0 ? 0U : 1U) << what;
        EXPECT_TRUE(active == 0 || segment.active(active)) << what;
    }
}

TEST(Domain, ASweepFindsEveryHostAndOnlyThenIsTheDomainDeclared) {
    Segment segment(quick());
    for (std::uint32_t host = 1; host < 250; host += 3) segment.hosts.insert(host);
    segment.pass(400ms);
    EXPECT_FALSE(segment.domain.report().swept);
    segment.pass(one_sweep);
    EXPECT_TRUE(segment.domain.report().swept);
    for (std::uint32_t host = 1; host < 250; ++host)
        EXPECT_EQ(segment.active(host), segment.hosts.contains(host)) << host;
    std::map<Ipv4Address, unsigned> asked;
    for (const auto& request : segment.requests) ++asked[request.target];
    EXPECT_EQ(asked.size(), 253U) << "all but its own";
    EXPECT_EQ(asked[at(1)], 1U) << "it answered";
    EXPECT_EQ(asked[at(2)], 3U) << "with two retries";
    EXPECT_TRUE(std::ranges::none_of(segment.requests, &ArpFrame::is_probe));
}

TEST(Domain, ASegmentThatLosesFramesIsAskedUntilNobodyNewAnswers) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
        Segment segment(quick());
        for (std::uint32_t host = 1; host < 254; ++host) segment.hosts.insert(host);
        segment.lose(0.4, seed);
        while (!segment.domain.report().swept) segment.pass(10ms);
        // Three passes alone would have missed 16 of them.
        EXPECT_GE(segment.found().size(), 250U) << seed;
    }
}

TEST(Domain, AHostThatGoesIsProbedAndHeldBeforeItIsInactive) {
    Segment segment(quick());
    segment.hosts = {1, 2};
    segment.pass(one_sweep);
    segment.hosts.erase(2);
    const auto before = segment.requests.size();
    segment.pass(3900ms);
    EXPECT_EQ(segment.requests.size(), before) << "between sweeps there is silence";
    segment.pass(700ms);
    ASSERT_EQ(segment.domain.hosts().suspects(), 1U);
    EXPECT_TRUE(segment.active(2)) << "a suspect is active";
    segment.pass(1s);
    EXPECT_FALSE(segment.active(2));
    EXPECT_TRUE(segment.active(1));
    const auto unicast = std::ranges::count_if(segment.requests, [](const ArpFrame& frame) {
        return frame.destination == mac_of(2) && frame.target == at(2);
    });
    EXPECT_EQ(unicast, 3);
}

TEST(Domain, ManyThatGoAtOnceAreProbedAtTheRateOfTheSweep) {
    auto options = quick();
    options.prefix = *parse_prefix("10.1.0.0/21");
    options.sweep.rate = 4'000;
    options.probe.interval = 100ms;
    Segment segment(options);
    for (std::uint32_t host = 255; host < 1'755; ++host) segment.hosts.insert(host);
    while (!segment.domain.report().swept) segment.pass(10ms);
    for (std::uint32_t host = 300; host < 1'000; ++host) segment.hosts.erase(host);
    std::map<Clock::time_point, unsigned> probes;  // in each turn
    segment.overheard = [&](const ArpFrame& frame) {
        if (frame.destination != broadcast_mac) ++probes[segment.now];
    };
    while (segment.active(300) || segment.active(999)) segment.pass(10ms);
    segment.pass(100ms);
    EXPECT_EQ(segment.found().size(), 800U);
    EXPECT_EQ(segment.became_inactive.size(), 700U);
    for (const auto& [when, count] : probes) EXPECT_LE(count, 4U * 6);
}

TEST(Domain, ASuspectThatAnswersOrReturnsIsActive) {
    Segment segment(quick());
    segment.hosts = {1, 2};
    segment.pass(one_sweep);
    segment.hosts.erase(2);
    while (segment.domain.hosts().suspects() == 0) segment.pass(10ms);
    segment.hosts.insert(2);
    segment.pass(4s);
    EXPECT_TRUE(segment.active(2));
    EXPECT_TRUE(segment.became_inactive.empty());
    segment.hosts.erase(2);
    while (segment.active(2)) segment.pass(10ms);
    segment.hear(Segment::request(at(2), mac_of(2), at(1)));
    EXPECT_TRUE(segment.active(2)) << "a host that slept";
}

TEST(Domain, HoldOutlastsTheProbes) {
    auto options = quick();
    options.probe.hold = 30s;
    Segment segment(options);
    segment.hosts = {1, 2};
    segment.pass(one_sweep);
    segment.hosts.erase(2);
    segment.pass(27s);
    EXPECT_TRUE(segment.active(2));
    segment.pass(4s);
    EXPECT_FALSE(segment.active(2));
}

TEST(Domain, ASweepThatLostFramesOrCouldNotSendProvesNothing) {
    for (const bool lost : {true, false}) {
        Segment segment(quick());
        segment.hosts = {1, 2};
        segment.pass(one_sweep);
        segment.hosts.erase(2);
        for (int i = 0; i < 200; ++i) {
            segment.pass(100ms);
            if (lost) segment.domain.frames_lost(segment.now);
            segment.transmit_queue_full = !lost;
        }
        EXPECT_TRUE(segment.active(2)) << lost;
        EXPECT_GT(segment.domain.counters().sweeps_failed, 2U) << lost;
    }
}

TEST(Domain, LostFramesMayHaveBeenTheAnswersToProbes) {
    Segment segment(quick());
    segment.hosts = {1, 2};
    segment.pass(one_sweep);
    segment.hosts.erase(2);
    while (segment.domain.hosts().suspects() == 0) segment.pass(10ms);
    for (int i = 0; i < 100; ++i) {
        segment.pass(100ms);
        segment.domain.frames_lost(segment.now);
    }
    EXPECT_TRUE(segment.active(2));
    segment.pass(1s);
    EXPECT_FALSE(segment.active(2));
}

TEST(Domain, IsNeverDeclaredByASweepThatNobodyAnswers) {
    Segment alone(quick());
    alone.pass(20s);
    EXPECT_FALSE(alone.domain.report().swept);
    auto options = quick();
    options.min_answers = 0;
    Segment meant(options);
    meant.pass(one_sweep);
    EXPECT_TRUE(meant.domain.report().swept);
}

TEST(Domain, WithdrawsInsteadOfLosingAllHostsAtOnce) {
    Segment segment(quick());
    for (std::uint32_t host = 1; host <= 40; ++host) segment.hosts.insert(host);
    segment.pass(one_sweep);
    ASSERT_TRUE(segment.domain.report().swept);
    segment.cut = true;
    segment.pass(60s);
    EXPECT_FALSE(segment.domain.report().swept);
    EXPECT_TRUE(segment.became_inactive.empty());
    segment.cut = false;
    segment.pass(3s);
    EXPECT_TRUE(segment.domain.report().swept);
    EXPECT_EQ(segment.found().size(), 40U);
}

TEST(Domain, BelievesThatMostHostsLeftAfterSeveralSweeps) {
    Segment segment(quick());
    for (std::uint32_t host = 1; host <= 40; ++host) segment.hosts.insert(host);
    segment.pass(one_sweep);
    for (std::uint32_t host = 11; host <= 40; ++host) segment.hosts.erase(host);
    segment.pass(5s);
    EXPECT_FALSE(segment.domain.report().swept);
    segment.pass(20s);
    EXPECT_TRUE(segment.domain.report().swept);
    EXPECT_EQ(segment.found().size(), 10U);
}

TEST(Domain, AnInterfaceThatGoesDownWithdrawsAndIsSweptAnew) {
    Segment segment(quick());
    segment.hosts = {1, 2};
    segment.pass(one_sweep);
    segment.domain.set_link(false, segment.now);
    EXPECT_FALSE(segment.domain.report().swept);
    segment.pass(60s);
    EXPECT_EQ(segment.found().size(), 2U);
    segment.domain.set_link(true, segment.now);
    segment.pass(500ms);
    EXPECT_FALSE(segment.domain.report().swept);
    segment.pass(one_sweep);
    EXPECT_TRUE(segment.domain.report().swept);
}

TEST(Domain, AnotherAgentsProbesAreNoClaims) {
    Segment segment(quick());
    segment.hosts = {1};
    for (int sweep = 0; sweep < 4; ++sweep) {
        for (std::uint32_t host = 1; host < 255; ++host)
            segment.hear(Segment::request({0}, proxy_mac, at(host)));
        segment.pass(5s);
    }
    EXPECT_EQ(segment.found(), std::vector{at(1)});
}

TEST(Domain, TwoMacsThatTakeTurnsAreAConflictAndALeaseThatChangesHandsIsNone) {
    Segment segment(quick());
    segment.hear(Segment::request(at(5), mac_of(5), at(1)));
    segment.hear(Segment::request(at(5), mac_of(6), at(1)));
    EXPECT_EQ(segment.conflicts, 0U) << "it changed hands";
    segment.hear(Segment::request(at(5), mac_of(5), at(1)));
    EXPECT_EQ(segment.conflicts, 1U);
    const MacAddress vrrp{{0, 0, 0x5e, 0, 1, 1}};
    for (const auto& mac : {vrrp, mac_of(8), vrrp, mac_of(8)})
        segment.hear(Segment::request(at(9), mac, at(1)));
    EXPECT_EQ(segment.conflicts, 1U) << "a virtual router";
}

TEST(Domain, VouchersKeepAnAddressActiveUntilTheyEnd) {
    auto options = quick();
    options.always = {at(200)};
    Segment segment(options);
    segment.hosts = {1};
    segment.domain.set_own(agent_mac, {at(250)});
    segment.domain.set_vouchers(
        {{at(10), segment.now + 3s}, {at(11), Clock::time_point::max()}, {{1}, Clock::time_point::max()}},
        segment.now);
    segment.pass(2s);
    for (const std::uint32_t host : {1U, 10U, 11U, 200U, 250U}) EXPECT_TRUE(segment.active(host)) << host;
    EXPECT_EQ(segment.requests.back().sender, at(250));
    segment.pass(2s);
    EXPECT_FALSE(segment.active(10));
    segment.domain.set_vouchers({}, segment.now);
    segment.domain.set_own(agent_mac, {own_address});
    segment.pass(10s);
    EXPECT_EQ(segment.found(), (std::vector{at(1), at(200)}));
}

TEST(Sweep, AsksEveryAddressOfALargeDomainOnceAPassAtItsRate) {
    const auto prefix = *parse_prefix("10.1.0.0/16");
    std::mt19937 random(3);
    Sweep sweep(prefix, {.rate = 4000, .retries = 1, .interval = 60s, .patience = 1s},
                [&] { return random(); });
    Clock::time_point now{1h};
    sweep.begin(now);
    AddressSet asked(prefix);
    unsigned requests = 0, ascending = 0;
    std::uint32_t last = 0;
    while (!sweep.finish(now)) {
        while (const auto target = sweep.next(now, [](Ipv4Address) { return true; })) {
            asked.set(*target, true);
            ascending += target->value == last + 1;
            last = target->value;
            ++requests;
            if (target->value % 2 == 0) sweep.heard(*target);
        }
        now += 1ms;
    }
    EXPECT_EQ(asked.count(), 65534U);
    EXPECT_GT(requests, 65534U + 30000U);
    EXPECT_LT(ascending, 1000U) << "in random order";
    const auto needed = now - Clock::time_point(1h);
    EXPECT_GT(needed, 24s);
    EXPECT_LT(needed, 30s);
}

}  // namespace
}  // namespace honeyswitch::agent
