// What the controller tells of: why each session began, how far it came, and its last word.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "control/controller/controller.hpp"
#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

using Verdict = Judgement::Verdict;

constexpr AgentId east{0};
constexpr auto domain = Ipv4Prefix::of({0x0a010000}, 22), dark = Ipv4Prefix::of({0x0a090000}, 24);
constexpr Ipv4Address attacker{0xc6336401}, server{0x0a010010}, unused{0x0a010020}, in_the_dark{0x0a090001};
constexpr PoolId high{1};
constexpr Milliseconds idle_timeout{60'000};

SessionKey key_to(Ipv4Address inside, std::uint16_t outside_port = 40000) {
    return {.outside = Be32::from_host(attacker.value),
            .inside = Be32::from_host(inside.value),
            .outside_port = Be16::from_host(outside_port),
            .inside_port = Be16::from_host(22),
            .protocol = 6};
}

/// Remembers all of it.
class Listener final : public EventSubscriber {
  public:
    void told(const Event& event, const std::shared_ptr<const EventNames>& /*names*/) override {
        events.push_back(event);
    }
    template <typename Body>
    [[nodiscard]] std::vector<Body> take() {
        std::vector<Body> found;
        for (const Event& event : events)
            if (const auto* const body = std::get_if<Body>(&event.body)) found.push_back(*body);
        std::erase_if(events, [](const Event& event) { return std::holds_alternative<Body>(event.body); });
        return found;
    }
    std::vector<Event> events;
};

class ControllerEvents : public testing::Test {
  protected:
    ControllerEvents() {
        bus_.subscribe(listener_, all_event_types);
        EXPECT_TRUE(controller_.start(now_));
        EXPECT_TRUE(controller_.domain_state(east, domain, std::vector{server}, now_));
        switch_.pools[high] = HoneypotId{1};
    }
    SessionBegun begin(PacketIn packet) {
        packet.buffer = BufferId{++buffer_};
        controller_.packet_in(packet, now_);
        const auto begun = listener_.take<SessionBegun>();
        EXPECT_EQ(begun.size(), 1U);
        return begun.empty() ? SessionBegun{} : begun.front();
    }
    SessionBegun begin(Ipv4Address inside, Judgement judgement = {}) {
        return begin({.key = key_to(inside, ++port_), .judgement = judgement});
    }
    void pass(Milliseconds time) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{250})
            (void)controller_.tick(now_);
        (void)controller_.tick(now_);
    }

    [[nodiscard]] static ControllerConfig config() {
        Tier tier;
        tier.to = 1;
        tier.destinations = 3;
        return {.idle_timeout = idle_timeout, .dark = {dark}, .tiers = {tier}, .reputation_capacity = 16};
    }

    FakeSwitch switch_;
    EventBus bus_;
    Listener listener_;
    Controller controller_{config(), switch_, bus_};
    TimePoint now_{Milliseconds{1'000'000}};
    std::uintptr_t buffer_ = 0;
    std::uint16_t port_ = 40'000;
};

TEST_F(ControllerEvents, SayWhyASessionBegan) {
    pass(Milliseconds{5'000});
    const auto inactive = begin(unused);
    EXPECT_EQ(inactive.reason, DiversionReason::inactive);
    EXPECT_EQ(inactive.domain, domain);
    EXPECT_EQ(inactive.swept_by, VoucherNumber{0});
    EXPECT_EQ(inactive.since, Milliseconds{5'000});
    EXPECT_EQ(inactive.session.created, now_.time_since_epoch());
    EXPECT_EQ(inactive.session.source(), attacker);
    EXPECT_EQ(inactive.session.destination(), unused);

    const auto dark_one = begin(in_the_dark);
    EXPECT_EQ(dark_one.reason, DiversionReason::dark);
    EXPECT_EQ(dark_one.domain, dark);
    EXPECT_EQ(dark_one.swept_by, std::nullopt);

    const auto by_rule = begin(unused, {.pool = 1, .pool_rule = 7});
    EXPECT_EQ(by_rule.reason, DiversionReason::rule);
    EXPECT_EQ(by_rule.rule, RuleNumber{7});
    EXPECT_EQ(by_rule.session.honeypot, HoneypotNumber{1});

    const auto decoy = begin(server, {.verdict = Verdict::divert, .rule = 3});
    EXPECT_EQ(decoy.reason, DiversionReason::decoy);
    EXPECT_EQ(decoy.rule, RuleNumber{3});
    EXPECT_EQ(decoy.domain, std::nullopt) << "it goes there whatever the domain is";

    EXPECT_EQ(begin(server, {.verdict = Verdict::divert}).reason, DiversionReason::list);
}

TEST_F(ControllerEvents, SayThatATierChoseThePool) {
    for (std::uint32_t i = 0; i < 3; ++i) (void)begin(Ipv4Address{unused.value + i});
    const auto moved = listener_.take<SourceMoved>();
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved.front().source, attacker);
    EXPECT_EQ(moved.front().to, PoolNumber{1});
    EXPECT_EQ(begin(Ipv4Address{unused.value + 9}).reason, DiversionReason::tier);
}

TEST_F(ControllerEvents, TellOfCompanionsToo) {
    controller_.packet_in({.buffer = BufferId{1}, .key = key_to(unused), .fragment = true}, now_);
    const auto begun = listener_.take<SessionBegun>();
    ASSERT_EQ(begun.size(), 2U);
    EXPECT_EQ(begun[0].reason, DiversionReason::inactive);
    EXPECT_EQ(begun[1].reason, DiversionReason::companion);
    EXPECT_EQ(begun[1].session.source_port(), std::nullopt);
}

TEST_F(ControllerEvents, GiveASessionItsLastWordWithItsCounts) {
    const auto begun = begin(unused);
    auto& stats = switch_.sessions.at(FlowId{begun.session.flow});
    stats.progress = Step::handshake;
    stats.last_seen = now_ + Milliseconds{9'000};
    stats.packets_in = 5;
    stats.bytes_in = 420;
    stats.packets_out = 4;
    stats.bytes_out = 340;
    pass(idle_timeout + Milliseconds{30'000});
    const auto ended = listener_.take<SessionEnded>();
    ASSERT_EQ(ended.size(), 1U);
    const SessionEnded& end = ended.front();
    EXPECT_EQ(end.session.flow, begun.session.flow);
    EXPECT_EQ(end.session.created, begun.session.created);
    EXPECT_EQ(end.reason, SessionEndReason::idle);
    EXPECT_EQ(end.step, Step::handshake);
    EXPECT_EQ(end.duration, Milliseconds{9'000});
    EXPECT_GE(end.idle, idle_timeout);
    EXPECT_EQ(std::tuple(end.packets_in, end.bytes_in, end.packets_out, end.bytes_out),
              std::tuple(5U, 420U, 4U, 340U));
    EXPECT_TRUE(switch_.sessions.empty());
    const auto steps = listener_.take<SessionAdvanced>();
    ASSERT_EQ(steps.size(), 1U) << "it was looked at once before";
    EXPECT_EQ(steps.front().step, Step::handshake);
}

TEST_F(ControllerEvents, TellThatTheInsideEndedASession) {
    const auto begun = begin(unused);
    switch_.end_session(FlowId{begun.session.flow});
    pass(2 * idle_timeout);
    const auto ended = listener_.take<SessionEnded>();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended.front().reason, SessionEndReason::inside);
}

TEST_F(ControllerEvents, EverySessionThatBeganEndsOnce) {
    std::map<std::pair<std::uint32_t, std::int64_t>, int> open;
    for (unsigned i = 0; i < 300; ++i) {
        const auto begun = begin(Ipv4Address{unused.value + i % 7});
        ++open[{begun.session.flow, begun.session.created.count()}];
        if (i % 3 == 0) switch_.end_session(FlowId{begun.session.flow});
        pass(Milliseconds{500});
        for (const auto& end : listener_.take<SessionEnded>())
            --open[{end.session.flow, end.session.created.count()}];
    }
    pass(3 * idle_timeout);
    for (const auto& end : listener_.take<SessionEnded>())
        --open[{end.session.flow, end.session.created.count()}];
    EXPECT_EQ(open.size(), 300U);
    EXPECT_TRUE(std::ranges::all_of(open, [](const auto& entry) { return entry.second == 0; }));
}

TEST_F(ControllerEvents, TellHowFarASessionCame) {
    const auto begun = begin(unused);
    switch_.sessions.at(FlowId{begun.session.flow}).progress = Step::payload;
    switch_.payloads.push_back(FlowId{begun.session.flow});
    (void)controller_.tick(now_);
    const auto steps = listener_.take<SessionAdvanced>();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps.front().step, Step::payload);
    EXPECT_EQ(steps.front().session.flow, begun.session.flow);
}

TEST_F(ControllerEvents, TellHowFarASessionCameThatGoesOnWhenItsTimeoutIsLookedAt) {
    const auto begun = begin(unused);
    auto& session = switch_.sessions.at(FlowId{begun.session.flow});
    session.progress = Step::payload;  // and the note of it found no room
    now_ += 2 * idle_timeout;
    session.last_seen = now_;
    (void)controller_.tick(now_);
    const auto steps = listener_.take<SessionAdvanced>();
    ASSERT_EQ(steps.size(), 1U);
    EXPECT_EQ(steps.front().step, Step::payload);
    EXPECT_TRUE(listener_.take<SessionEnded>().empty());
}

TEST_F(ControllerEvents, CostNoLookWhileNobodyWantsThem) {
    bus_.subscribe(listener_, {});
    listener_.events.clear();
    controller_.packet_in({.buffer = BufferId{1}, .key = key_to(unused)}, now_);
    pass(2 * idle_timeout);
    EXPECT_TRUE(switch_.sessions.empty());
    EXPECT_TRUE(listener_.events.empty());
}

TEST_F(ControllerEvents, TellOfAddressesByWhoseWord) {
    (void)listener_.take<AddressChanged>();
    (void)controller_.addresses_active(east, domain, std::vector{unused}, now_);
    switch_.sighted = {unused};
    (void)controller_.tick(now_);
    auto told = listener_.take<AddressChanged>();
    ASSERT_EQ(told.size(), 1U) << "a second voucher changes nothing";
    EXPECT_EQ(told.front().state, AddressState::active);
    EXPECT_EQ(told.front().voucher, VoucherNumber{0});
    pass(Milliseconds{700'000});
    (void)controller_.addresses_inactive(east, domain, std::vector{unused}, now_);
    told = listener_.take<AddressChanged>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told.front().state, AddressState::inactive);
}

TEST_F(ControllerEvents, TellOfDomains) {
    auto told = listener_.take<DomainChanged>();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[0].prefix, dark);
    EXPECT_EQ(told[0].state, DomainWord::dark);
    EXPECT_EQ(told[1].prefix, domain);
    EXPECT_EQ(told[1].state, DomainWord::known);
    EXPECT_EQ(told[1].swept_by, VoucherNumber{0});
    controller_.domain_silent(east, domain, now_);
    told = listener_.take<DomainChanged>();
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].state, DomainWord::unknown);
}

}  // namespace
}  // namespace honeyswitch::control
