// Machines that answer for many addresses: hosts keep theirs, proxies make nobody active.
#include "agent/explore/proxy_judge.hpp"

#include <gtest/gtest.h>

#include "tests/unit/agent/explore/segment.hpp"

namespace honeyswitch::agent {
namespace {

/// A server with the addresses from `first` to `last`.
std::function<bool(const ArpFrame&)> server(std::uint32_t first, std::uint32_t last) {
    return [=](const ArpFrame& frame) { return frame.target >= at(first) && frame.target <= at(last); };
}

DomainOptions large() {
    auto options = quick();
    options.prefix = *parse_prefix("10.1.0.0/16");
    options.sweep = {.rate = 50'000, .retries = 2, .interval = 10s, .patience = 100ms};
    return options;
}

TEST(ProxyJudge, AHostKeepsAllOfItsAddressesHoweverMany) {
    struct Row {
        const char* what;
        DomainOptions options;
        std::uint32_t first, last;
    };
    for (const auto& [what, options, first, last] :
         {Row{"sixteen", quick(), 100, 115}, Row{"seventeen", quick(), 100, 116},
          Row{"the half of a /24", quick(), 64, 191}, Row{"all of a /24 but a few", quick(), 2, 250},
          Row{"five thousand of a /16", large(), 3000, 7999}}) {
        Segment segment(options);
        segment.hosts = {1};
        segment.machines[proxy_mac] = server(first, last);
        while (!segment.domain.report().swept) {
            segment.pass(1ms);
            ASSERT_LT(segment.now, Clock::time_point(1h + 5min)) << what;
        }
        EXPECT_EQ(segment.found().size(), last - first + 2) << what << ": when its domain is declared";
        segment.pass(30s);
        EXPECT_TRUE(segment.became_inactive.empty()) << what;
        EXPECT_TRUE(std::ranges::none_of(segment.findings, &ProxyJudge::Finding::proxy)) << what;
        // Once when it is examined, and once more if it has many more addresses than it was seen to have
        // then.
        EXPECT_EQ(segment.findings.empty(), last - first + 1 <= 16) << what;
        EXPECT_LE(segment.findings.size(), 2U) << what;
        segment.machines.clear();
        segment.pass(60s);
        EXPECT_EQ(segment.found().size(), 1U) << what << ": it went, and does not stay for ever";
    }
}

TEST(ProxyJudge, OneAddressMoreTakesNothingFromAHost) {
    Segment segment(quick());
    segment.hosts = {1};
    segment.machines[proxy_mac] = server(100, 115);
    segment.pass(10s);
    ASSERT_EQ(segment.found().size(), 17U);
    segment.machines[proxy_mac] = server(100, 116);
    segment.pass(60s);
    EXPECT_EQ(segment.found().size(), 18U);
    EXPECT_TRUE(segment.became_inactive.empty());
}

TEST(ProxyJudge, ProxyArpIsNoEvidenceButTheHostsBehindItAre) {
    Segment segment(quick());
    segment.hosts = {1, 2};
    segment.machines[proxy_mac] = proxy_for("10.1.0.0/24");
    segment.hear(Segment::request(at(250), proxy_mac, at(1)));  // the proxy in its own name
    segment.pass(3s);
    EXPECT_LE(segment.became_active.size(), 4U + ProxyOptions{}.limit)
        << "what it answered while it was unsuspected";
    segment.pass(20s);
    ASSERT_EQ(segment.findings.size(), 1U);
    EXPECT_TRUE(segment.findings[0].proxy);
    EXPECT_EQ(segment.findings[0].mac, proxy_mac);
    EXPECT_TRUE(segment.active(1) && segment.active(2));
    EXPECT_TRUE(segment.domain.report().swept);
    for (std::uint32_t host = 3; host < 250; ++host) EXPECT_FALSE(segment.active(host)) << host;
    EXPECT_TRUE(segment.active(250)) << "it has said that this one is its own";
}

/// Linux keeps 64 answers of a proxy to broadcasts waiting, and drops the others.
TEST(ProxyJudge, AProxyThatAnswersOnlySomeBroadcastsIsOne) {
    for (const auto& options : {quick(), large()}) {
        Segment segment(options);
        segment.hosts = {1};
        unsigned asked = 0;
        segment.machines[proxy_mac] = [&](const ArpFrame& frame) {
            return options.prefix.contains(frame.target) &&
                   (frame.destination == proxy_mac || asked++ % 5 == 0);
        };
        segment.pass(60s);
        EXPECT_TRUE(segment.domain.report().swept);
        EXPECT_EQ(segment.found(), std::vector{at(1)});
    }
}

TEST(ProxyJudge, AProxyAloneShowsThatTheLinkWorks) {
    Segment segment(quick());
    segment.machines[proxy_mac] = proxy_for("10.1.0.0/24");
    segment.pass(30s);
    EXPECT_TRUE(segment.found().empty());
    EXPECT_TRUE(segment.domain.report().swept);
}

TEST(ProxyJudge, AProxyOnASegmentThatLosesFramesIsOne) {
    for (unsigned seed = 1; seed <= 10; ++seed) {
        Segment segment(quick());
        segment.hosts = {1};
        segment.machines[proxy_mac] = proxy_for("10.1.0.0/24");
        segment.lose(0.2, seed);
        segment.pass(60s);
        EXPECT_LT(segment.found().size(), 20U) << seed;
    }
}

TEST(ProxyJudge, WhatCannotBeToldStaysActiveAndIsSaid) {
    const auto documentation = *parse_prefix("192.0.2.0/24");
    struct Row {
        const char* what;
        std::function<bool(const ArpFrame&)> answers;
        std::size_t active;
    };
    const auto firewall = [=](const ArpFrame& frame) {
        return documentation.contains(frame.target) || server(100, 119)(frame);
    };
    for (const auto& [what, answers, active] :
         {Row{"a firewall with a default route that answers for the servers behind it", firewall, 20},
          Row{"one that translates every address", server(1, 253), 253},
          Row{"a proxy for the half", proxy_for("10.1.0.128/25"), 126}}) {
        Segment segment(quick());
        segment.machines[proxy_mac] = answers;
        segment.pass(30s);
        EXPECT_EQ(segment.found().size(), active) << what;
        ASSERT_EQ(segment.findings.size(), 1U) << what;
        EXPECT_FALSE(segment.findings[0].proxy) << what;
        EXPECT_GE(segment.findings[0].addresses, 17U) << what;
    }
}

TEST(ProxyJudge, TheOperatorKnowsBetter) {
    auto options = quick();
    options.proxy.allowed = {proxy_mac};
    Segment allowed(options);
    allowed.machines[proxy_mac] = proxy_for("10.1.0.0/24");
    allowed.pass(20s);
    EXPECT_EQ(allowed.found().size(), 253U);
    EXPECT_TRUE(allowed.findings.empty());

    options = quick();
    options.proxy.ignored = {proxy_mac};
    Segment ignored(options);
    ignored.hosts = {1};
    ignored.machines[proxy_mac] = proxy_for("10.1.0.128/25");
    ignored.pass(20s);
    EXPECT_EQ(ignored.found(), std::vector{at(1)});
    EXPECT_TRUE(ignored.findings.empty());
}

TEST(ProxyJudge, AFindingFollowsWhatTheMachineBecomes) {
    Segment segment(quick());
    segment.hosts = {1};
    segment.machines[proxy_mac] = proxy_for("10.1.0.0/24");
    segment.pass(20s);
    EXPECT_EQ(segment.found().size(), 1U);
    segment.machines[proxy_mac] = server(100, 139);
    segment.pass(20s);
    EXPECT_EQ(segment.found().size(), 41U) << "it has addresses of its own now";
    segment.machines[proxy_mac] = proxy_for("10.1.0.0/24");
    segment.pass(30s);
    EXPECT_EQ(segment.found().size(), 1U);
    ASSERT_EQ(segment.findings.size(), 3U);
    EXPECT_TRUE(segment.findings[0].proxy && !segment.findings[1].proxy && segment.findings[2].proxy);
}

TEST(ProxyJudge, AnswersThatWaitAreAHostsWhenNobodyCanBeAskedAnyMore) {
    Segment segment(quick());
    segment.machines[proxy_mac] = server(100, 139);
    while (segment.domain.answers().with_many_addresses().empty()) segment.pass(1ms);
    segment.pass(20ms);
    ASSERT_TRUE(segment.domain.answers().undecided());
    const auto before = segment.found().size();
    segment.domain.set_link(false, segment.now);
    EXPECT_GT(segment.found().size(), before);
    EXPECT_FALSE(segment.domain.answers().undecided());
}

TEST(ProxyJudge, TwoProxiesForAllAreBothFound) {
    Segment segment(quick());
    segment.hosts = {1};
    segment.machines[proxy_mac] = proxy_for("10.1.0.0/24");
    segment.machines[mac_of(7777)] = proxy_for("10.1.0.0/24");
    segment.pass(60s);
    EXPECT_EQ(segment.found(), std::vector{at(1)});
}

}  // namespace
}  // namespace honeyswitch::agent
