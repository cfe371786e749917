// What the design adds to the paper's controller: policy, admission, pools, tiers, flows of honeypots,
// reload.
#include <algorithm>

#include <gtest/gtest.h>

#include "control/controller/controller.hpp"
#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

using Sent = FakeSwitch::Sent;
using Verdict = Judgement::Verdict;

constexpr AgentId east{0};
constexpr auto domain = Ipv4Prefix::of({0x0a010000}, 22);
constexpr Ipv4Address attacker{0xc6336401}, server{0x0a010010}, decoy{0x0a010020};
constexpr PoolId low{0}, high{1};

SessionKey key_to(Ipv4Address inside, std::uint16_t outside_port = 40000, Ipv4Address outside = attacker) {
    return {.outside = Be32::from_host(outside.value),
            .inside = Be32::from_host(inside.value),
            .outside_port = Be16::from_host(outside_port),
            .inside_port = Be16::from_host(22),
            .protocol = 6};
}

class ControllerPolicy : public testing::Test {
  protected:
    explicit ControllerPolicy(ControllerConfig config = {})
        : controller_(std::move(config), switch_, events_) {
        EXPECT_TRUE(controller_.start(now_));
        EXPECT_TRUE(controller_.domain_state(east, domain, std::vector{server}, now_));
        switch_.pools[high] = HoneypotId{1};
    }

    Sent packet_in(PacketIn packet) {
        packet.buffer = BufferId{++buffer_};
        controller_.packet_in(packet, now_);
        return switch_.packet_outs.back().to;
    }
    Sent packet_in(const SessionKey& key, Verdict verdict = Verdict::none, std::uint8_t pool = 0) {
        return packet_in({.key = key, .judgement = {.verdict = verdict, .pool = pool}});
    }
    Sent packet_in_from_honeypot(const SessionKey& key, HoneypotId honeypot = {}) {
        switch_.from_honeypot.insert(buffer_ + 1);
        return packet_in({.key = key, .honeypot = honeypot, .from_honeypot = true});
    }
    const SessionStats& session_of(const SessionKey& key) {
        return switch_.sessions.at(*switch_.find_session(key));
    }
    void pass(Milliseconds time) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{250})
            (void)controller_.tick(now_);
        (void)controller_.tick(now_);
    }
    void reconfigure(ControllerConfig config) {
        controller_.reconfigure(std::move(config), now_);
        while (controller_.changing()) (void)controller_.tick(now_);
        EXPECT_TRUE(controller_.outcome());
    }
    std::uint64_t counted(ControlCounter counter) { return controller_.counters().value(counter); }

    FakeSwitch switch_;
    EventBus events_;
    Controller controller_;
    TimePoint now_{Milliseconds{1'000'000}};
    std::uintptr_t buffer_ = 0;
};

TEST_F(ControllerPolicy, TheVerdictOfRulesAndListsDecides) {
    struct Row {
        Ipv4Address destination;
        Verdict verdict;
        Sent sent;
    };
    const Row rows[] = {
        {decoy, Verdict::none, Sent::honeypot},    {server, Verdict::none, Sent::inside},
        {decoy, Verdict::inside, Sent::inside},    {decoy, Verdict::benign, Sent::inside},
        {decoy, Verdict::drop, Sent::dropped},     {server, Verdict::drop, Sent::dropped},
        {server, Verdict::divert, Sent::honeypot},
    };
    std::uint16_t port = 1;
    for (const Row& row : rows)
        EXPECT_EQ(packet_in(key_to(row.destination, port++), row.verdict), row.sent) << &row - rows;
    EXPECT_EQ(counted(ControlCounter::session_added), 2U);
}

TEST_F(ControllerPolicy, OfADecoysDatagramNoFragmentWithoutPortsIsDiverted) {
    SessionKey portless = key_to(server);
    portless.kind = dataplane::KeyKind::portless;
    EXPECT_EQ(packet_in({.key = portless, .judgement = {.verdict = Verdict::divert}, .fragment = true}),
              Sent::inside);
}

TEST_F(ControllerPolicy, ThePoolChoosesTheHoneypot) {
    (void)packet_in(key_to(decoy, 1));
    (void)packet_in(key_to(decoy, 2), Verdict::none, 1);
    EXPECT_EQ(session_of(key_to(decoy, 1)).honeypot, HoneypotId{0});
    EXPECT_EQ(session_of(key_to(decoy, 2)).honeypot, HoneypotId{1});
}

TEST_F(ControllerPolicy, WithoutAHoneypotThePoolSaysWhatBecomesOfPackets) {
    switch_.pools[low] = std::nullopt;
    EXPECT_EQ(packet_in(key_to(decoy)), Sent::inside);
    switch_.dropping.insert(low);
    EXPECT_EQ(packet_in(key_to(decoy)), Sent::dropped);
    EXPECT_TRUE(switch_.sessions.empty());
}

TEST_F(ControllerPolicy, TheHoneypotThatHasAnsweredKeepsTheFlow) {
    (void)packet_in({.key = key_to(decoy), .pending = Pending{HoneypotId{7}, true}});
    EXPECT_EQ(session_of(key_to(decoy)).honeypot, HoneypotId{7});
    EXPECT_EQ(session_of(key_to(decoy)).progress, Step::answered);
    EXPECT_EQ(controller_.sessions().tally().total(Step::first_packet), 0U) << "the workers have counted it";
}

TEST_F(ControllerPolicy, FragmentsOfOneDatagramGoToOneHoneypot) {
    SessionKey portless = dataplane::companion_of(key_to(decoy));
    (void)packet_in({.key = portless, .judgement = {.pool = 1}, .fragment = true});
    (void)packet_in({.key = key_to(decoy), .fragment = true});
    EXPECT_EQ(session_of(key_to(decoy)).honeypot, HoneypotId{1});
}

TEST_F(ControllerPolicy, ASessionWithTheCampusIsContained) {
    const auto key = key_to(decoy, 1, {0x0a0100ff});
    (void)packet_in(key);
    EXPECT_TRUE(switch_.contained.contains(*switch_.find_session(key)));
    (void)packet_in(key_to(decoy));
    EXPECT_FALSE(switch_.contained.contains(*switch_.find_session(key_to(decoy))));
}

TEST_F(ControllerPolicy, ProgressIsCountedOnceForEachStep) {
    (void)packet_in(key_to(decoy));
    const auto flow = *switch_.find_session(key_to(decoy));
    switch_.sessions.at(flow).progress = Step::payload;
    switch_.payloads = {flow, flow};
    pass(Milliseconds{500});
    const auto& tally = controller_.sessions().tally();
    for (const Step step : {Step::first_packet, Step::answered, Step::handshake, Step::payload})
        EXPECT_EQ(tally.total(step), 1U);
    EXPECT_EQ(tally.of_port(Step::payload, dataplane::ProgressTally::Transport::tcp, 22), 1U);
    EXPECT_EQ(tally.of_network(Step::payload, 0xc633), 1U);
}

TEST_F(ControllerPolicy, AnEndedSessionsProgressIsCounted) {
    (void)packet_in(key_to(decoy));
    switch_.sessions.at(*switch_.find_session(key_to(decoy))).progress = Step::handshake;
    pass(Milliseconds{130'000});
    EXPECT_TRUE(switch_.sessions.empty());
    EXPECT_EQ(controller_.sessions().tally().total(Step::handshake), 1U);
    EXPECT_EQ(controller_.sessions().tally().total(Step::payload), 0U);
}

class Marks : public ControllerPolicy {
  protected:
    Marks() : ControllerPolicy({.admission = {Admission::automatic, 5, 3}}) {}
};

TEST_F(Marks, AboveTheHighOneSessionsBeginByHandshakeUntilBelowTheLowOne) {
    for (std::uint16_t port = 1; port <= 4; ++port) (void)packet_in(key_to(decoy, port));
    EXPECT_FALSE(switch_.handshake);
    (void)packet_in(key_to(decoy, 5));
    EXPECT_TRUE(switch_.handshake);
    EXPECT_EQ(counted(ControlCounter::handshake_began), 1U);
    pass(Milliseconds{30'000});
    for (std::uint16_t port = 3; port <= 5; ++port)
        switch_.sessions.at(*switch_.find_session(key_to(decoy, port))).last_seen = now_;
    pass(Milliseconds{45'000});
    EXPECT_EQ(switch_.sessions.size(), 3U);
    EXPECT_TRUE(switch_.handshake) << "3 is not below 3";
    pass(Milliseconds{60'000});
    EXPECT_FALSE(switch_.handshake);
    EXPECT_EQ(counted(ControlCounter::handshake_ended), 1U);
}

class Tiers : public ControllerPolicy {
  protected:
    Tiers()
        : ControllerPolicy({.tiers = {{.from = 0,
                                       .to = 1,
                                       .sessions = 3,
                                       .destinations = {},
                                       .payload_sessions = 1,
                                       .window = Milliseconds{60'000}}},
                            .reputation_capacity = 8'192}) {}
};

TEST_F(Tiers, ASourceMovesWithItsReputation) {
    for (std::uint16_t port = 1; port <= 4; ++port) (void)packet_in(key_to(decoy, port));
    EXPECT_EQ(session_of(key_to(decoy, 3)).honeypot, HoneypotId{0});
    EXPECT_EQ(session_of(key_to(decoy, 4)).honeypot, HoneypotId{1});
    EXPECT_EQ(switch_.moved.at(attacker), std::pair(low, high)) << "the data plane knows it too";
    (void)packet_in(key_to(decoy, 1, {0xcb007101}));
    EXPECT_EQ(session_of(key_to(decoy, 1, {0xcb007101})).honeypot, HoneypotId{0});
    pass(Milliseconds{200'000});
    EXPECT_FALSE(switch_.moved.contains(attacker));
    (void)packet_in(key_to(decoy, 9));
    EXPECT_EQ(session_of(key_to(decoy, 9)).honeypot, HoneypotId{0});
}

TEST_F(Tiers, PayloadMovesASourceAtOnce) {
    (void)packet_in(key_to(decoy, 1));
    const auto flow = *switch_.find_session(key_to(decoy, 1));
    switch_.sessions.at(flow).progress = Step::payload;
    switch_.payloads = {flow};
    pass(Milliseconds{250});
    (void)packet_in(key_to(decoy, 2));
    EXPECT_EQ(session_of(key_to(decoy, 2)).honeypot, HoneypotId{1});
}

TEST_F(Tiers, ThatAReloadHasReplacedMoveNobodyAnyLonger) {
    constexpr std::uint32_t sources = 900;
    ControllerConfig config{.tiers = {{.from = 0,
                                       .to = 1,
                                       .sessions = 1,
                                       .destinations = {},
                                       .payload_sessions = {},
                                       .window = Milliseconds{600'000}}},
                            .reputation_capacity = 8'192};
    reconfigure(config);
    for (std::uint32_t i = 0; i < sources; ++i) (void)packet_in(key_to(decoy, 1, {0xcb000000 + i}));
    EXPECT_EQ(switch_.moved.size(), sources);
    config.tiers.front().window *= 2;
    reconfigure(config);
    // The first of all has come again, and is moved by the tiers of today.
    (void)packet_in(key_to(decoy, 2, {0xcb000000}));
    std::size_t most = 0;
    for (bool busy = true; busy;) {
        const auto before = switch_.moved.size();
        busy = controller_.tick(now_);
        most = std::max(most, before - switch_.moved.size());
    }
    EXPECT_EQ(switch_.moved.size(), 1U);
    EXPECT_TRUE(switch_.moved.contains({0xcb000000}));
    EXPECT_LE(most, 256U) << "a turn has its limit";
}

class HoneypotsOwnFlows : public ControllerPolicy {
  protected:
    HoneypotsOwnFlows()
        : ControllerPolicy(
              {.honeypot_flows = {
                   {{.protocol = 6, .ports = {53, 53}, .destination = Ipv4Prefix::of({0xc0000200}, 24)}},
                   2}}) {
        // Something has come from outside: the way back is known.
        (void)packet_in({.key = key_to(decoy, 9), .path = {{1}, {2}, {}, 0}});
    }
    static SessionKey to_dns(std::uint16_t source_port, Ipv4Address source = decoy) {
        SessionKey key = key_to(source, 53, {0xc0000235});
        key.inside_port = Be16::from_host(source_port);
        return key;
    }
};

TEST_F(HoneypotsOwnFlows, GoWhereTheyAreAllowedToAtTheirRate) {
    EXPECT_EQ(packet_in_from_honeypot(to_dns(1)), Sent::outside);
    EXPECT_EQ(packet_in_from_honeypot(to_dns(1)), Sent::outside) << "a flow that exists costs nothing";
    EXPECT_EQ(packet_in_from_honeypot(to_dns(2)), Sent::outside);
    EXPECT_EQ(packet_in_from_honeypot(to_dns(3)), Sent::dropped);
    EXPECT_EQ(packet_in_from_honeypot(to_dns(3), HoneypotId{1}), Sent::outside)
        << "each honeypot has its own";
    EXPECT_EQ(counted(ControlCounter::honeypot_flow_added), 3U);
    EXPECT_EQ(counted(ControlCounter::honeypot_flow_over_rate), 1U);
    now_ += Milliseconds{600};
    EXPECT_EQ(packet_in_from_honeypot(to_dns(4)), Sent::outside);
    EXPECT_EQ(controller_.sessions().tally().total(Step::first_packet), 1U) << "they are nobody's attack";
}

TEST_F(HoneypotsOwnFlows, GoNowhereElse) {
    SessionKey other_port = to_dns(1), campus = to_dns(1), other_protocol = to_dns(1);
    other_port.outside_port = Be16::from_host(80);
    campus.outside = Be32::from_host(server.value);
    other_protocol.protocol = 17;
    EXPECT_EQ(packet_in_from_honeypot(other_port), Sent::dropped);
    EXPECT_EQ(packet_in_from_honeypot(campus), Sent::dropped);
    EXPECT_EQ(packet_in_from_honeypot(other_protocol), Sent::dropped);
    EXPECT_EQ(packet_in_from_honeypot(to_dns(1, server)), Sent::dropped) << "under a live host's address";
    EXPECT_EQ(packet_in_from_honeypot(to_dns(1, {0xc6336463})), Sent::dropped) << "under a foreign address";
    EXPECT_EQ(counted(ControlCounter::honeypot_flow_refused), 5U);
}

TEST_F(ControllerPolicy, AReloadChangesWhatDiffers) {
    const auto dark = Ipv4Prefix::of({0x0a020000}, 16);
    const Ipv4Address router{0x0a020001}, printer{0x0a020002};
    const auto single = [](Ipv4Address address) { return Ipv4Prefix::of(address, 32); };
    reconfigure({.static_active = {single(router)}, .dark = {dark}});
    EXPECT_EQ(switch_.domains.at(dark), DomainAction::packet_in);
    EXPECT_TRUE(switch_.active.contains(router));
    reconfigure({.static_active = {single(printer)}, .dark = {}});
    EXPECT_EQ(switch_.domains.at(dark), DomainAction::inside);
    EXPECT_FALSE(switch_.active.contains(router));
    EXPECT_TRUE(switch_.active.contains(printer));
    EXPECT_TRUE(switch_.active.contains(server)) << "an agent's word stands";
    EXPECT_EQ(packet_in(key_to(decoy)), Sent::honeypot) << "and its domain is known";
}

TEST_F(ControllerPolicy, AReloadWithAShorterTimeoutKeepsRunningSessions) {
    (void)packet_in(key_to(decoy));
    reconfigure({.idle_timeout = Milliseconds{1000}});
    EXPECT_EQ(switch_.sessions.size(), 1U);
    pass(Milliseconds{70'000});
    EXPECT_TRUE(switch_.sessions.empty());
    (void)packet_in(key_to(decoy));
    pass(Milliseconds{3000});
    EXPECT_TRUE(switch_.sessions.empty());
}

}  // namespace
}  // namespace honeyswitch::control
