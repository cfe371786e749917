// What the controller tells of: why each session began, how far it came, and its last word.
#include <algorithm>
#include <map>
#include <set>
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
    EXPECT_EQ(inactive.origin.reason, DiversionReason::inactive);
    EXPECT_EQ(inactive.origin.domain(), domain);
    EXPECT_EQ(inactive.origin.agent(), VoucherNumber{0});
    EXPECT_EQ(inactive.origin.since(), Milliseconds{5'000});
    EXPECT_EQ(inactive.session.created, now_.time_since_epoch());
    EXPECT_EQ(inactive.session.source(), attacker);
    EXPECT_EQ(inactive.session.destination(), unused);

    const auto dark_one = begin(in_the_dark);
    EXPECT_EQ(dark_one.origin.reason, DiversionReason::dark);
    EXPECT_EQ(dark_one.origin.domain(), dark);
    EXPECT_EQ(dark_one.origin.agent(), std::nullopt);

    const auto by_rule = begin(unused, {.pool = 1, .pool_rule = 7});
    EXPECT_EQ(by_rule.origin.reason, DiversionReason::rule);
    EXPECT_EQ(by_rule.origin.rule(), RuleNumber{7});
    EXPECT_EQ(by_rule.session.honeypot, HoneypotNumber{1});

    const auto decoy = begin(server, {.verdict = Verdict::divert, .rule = 3});
    EXPECT_EQ(decoy.origin.reason, DiversionReason::decoy);
    EXPECT_EQ(decoy.origin.rule(), RuleNumber{3});
    EXPECT_EQ(decoy.origin.domain(), std::nullopt) << "it goes there whatever the domain is";

    EXPECT_EQ(begin(server, {.verdict = Verdict::divert}).origin.reason, DiversionReason::list);
}

TEST_F(ControllerEvents, ShowTheFirstPacketAndWhenItsDomainWasSwept) {
    pass(Milliseconds{5'000});
    (void)controller_.domain_state(east, domain, std::vector{server}, now_);
    pass(Milliseconds{2'000});
    switch_.headers[buffer_ + 1].ttl = 242;
    const auto begun = begin(unused);
    EXPECT_EQ(begun.origin.since(), Milliseconds{7'000});
    EXPECT_EQ(begun.origin.swept(), Milliseconds{2'000});
    EXPECT_EQ(begun.origin.pool(), PoolNumber{0});
    ASSERT_NE(begun.origin.first(), nullptr);
    EXPECT_EQ(begun.origin.first()->ttl, 242);
    pass(2 * idle_timeout);
    const auto ended = listener_.take<SessionEnded>();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(ended.front().origin, begun.origin) << "whoever hears the last word alone knows it all";
    EXPECT_EQ(ended.front().session.flow_id, begun.session.flow_id);
}

TEST_F(ControllerEvents, GiveEachSessionANumberOfItsOwn) {
    std::set<std::uint64_t> numbers;
    for (unsigned i = 0; i < 50; ++i) {
        numbers.insert(begin(unused).session.flow_id);
        if (i % 10 == 0) pass(2 * idle_timeout);  // its place is used again
    }
    EXPECT_EQ(numbers.size(), 50U);
    EXPECT_FALSE(numbers.contains(0));
}

TEST_F(ControllerEvents, KeepTheNumberOfASessionFromBeforeARestart) {
    SessionRecord record{.stats = {.key = key_to(in_the_dark),
                                   .path = {},
                                   .created = now_ - Milliseconds{2'000'000},
                                   .last_seen = now_}};
    record.flow_id = 4'711;
    const auto kept = controller_.restore_session(record, false, now_);
    record.stats.key = key_to(in_the_dark, 1);
    record.flow_id = 0;  // of a file that has no such numbers
    const auto given = controller_.restore_session(record, false, now_);
    ASSERT_TRUE(kept && given);
    EXPECT_EQ(controller_.sessions().flow_id(*kept), 4'711U);
    EXPECT_NE(controller_.sessions().flow_id(*given), 0U);
    pass(2 * idle_timeout);
    for (const auto& ended : listener_.take<SessionEnded>()) {
        EXPECT_EQ(ended.session.flow_id == 4'711, ended.session.flow == std::to_underlying(*kept));
        EXPECT_LT(ended.session.created, Milliseconds{0});
        EXPECT_EQ(ended.origin.first(), nullptr);
        EXPECT_EQ(ended.origin.diversion(), std::nullopt) << "nobody knows any more";
    }
}

TEST(FlowNumbers, AreGreaterThanThoseOfAnEarlierProcess) {
    const WallMilliseconds start{Milliseconds{1'764'043'200'000}};
    FlowNumbers before(start), after(start + Milliseconds{1'000});
    std::uint64_t latest = 0;
    for (unsigned i = 0; i < 100'000; ++i) latest = before.take();
    EXPECT_LT(latest, after.take());
    EXPECT_LE(latest, FlowNumbers::last);
}

/// Knows one source.
class Lists final : public ListKnowledge {
  public:
    std::optional<ListedBy> attacker(Ipv4Address source) const override {
        return source == attacker_ ? std::optional(ListedBy{{4}, ListOrigin::auth_log}) : std::nullopt;
    }

  private:
    Ipv4Address attacker_{::honeyswitch::control::attacker};
};

TEST_F(ControllerEvents, SayWhichListItsSourceIsOnAndWhoPutItThere) {
    const Lists lists;
    controller_.set_lists(&lists);
    const auto begun = begin(server, {.verdict = Verdict::divert});
    EXPECT_EQ(begun.origin.reason, DiversionReason::list);
    EXPECT_EQ(begun.origin.list(), ListNumber{4});
    EXPECT_EQ(begun.origin.list_origin(), ListOrigin::auth_log);
    EXPECT_EQ(begin(unused).origin.list(), std::nullopt);
    controller_.set_lists(nullptr);
}

TEST_F(ControllerEvents, ForgetNamesThatAReloadHasChanged) {
    const auto begun = begin(unused, {.pool = 1, .pool_rule = 7});
    EventNames others;
    others.rules = {"another"};
    bus_.set_names(others);
    pass(2 * idle_timeout);
    const auto ended = listener_.take<SessionEnded>();
    ASSERT_EQ(ended.size(), 1U);
    EXPECT_EQ(begun.origin.rule(), RuleNumber{7});
    EXPECT_EQ(ended.front().origin.rule(), std::nullopt);
    EXPECT_EQ(ended.front().origin.domain(), domain);
}

TEST_F(ControllerEvents, SayWhenASessionCameHowFar) {
    switch_.headers[buffer_ + 1].tcp_flags = tcp_flag::syn;
    const auto begun = begin(unused);
    const FlowId flow{begun.session.flow};
    switch_.sessions.at(flow).progress = Step::payload;
    switch_.times[flow] = {.answered = now_ - Milliseconds{1},
                           .handshake = now_ + Milliseconds{40},
                           .payload = now_ + Milliseconds{70},
                           .flags_in = 0x18,
                           .flags_out = 0x12};
    switch_.payloads.push_back(flow);
    (void)controller_.tick(now_);
    const auto steps = listener_.take<SessionAdvanced>();
    ASSERT_EQ(steps.size(), 1U);
    const SessionCourse& course = steps.front().course;
    EXPECT_EQ(course.answered, Milliseconds{0}) << "a worker's clock was a moment behind";
    EXPECT_EQ(course.handshake, Milliseconds{40});
    EXPECT_EQ(course.payload, Milliseconds{70});
    EXPECT_EQ(course.flags_in, TcpFlags{0x1a}) << "with those of the first packet";
    EXPECT_EQ(course.flags_out, TcpFlags{0x12});
}

TEST_F(ControllerEvents, SayThatATierChoseThePool) {
    for (std::uint32_t i = 0; i < 3; ++i) (void)begin(Ipv4Address{unused.value + i});
    const auto moved = listener_.take<SourceMoved>();
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved.front().source, attacker);
    EXPECT_EQ(moved.front().to, PoolNumber{1});
    EXPECT_EQ(begin(Ipv4Address{unused.value + 9}).origin.reason, DiversionReason::tier);
}

TEST_F(ControllerEvents, TellOfCompanionsToo) {
    controller_.packet_in({.buffer = BufferId{1}, .key = key_to(unused), .fragment = true}, now_);
    const auto begun = listener_.take<SessionBegun>();
    ASSERT_EQ(begun.size(), 2U);
    EXPECT_EQ(begun[0].origin.reason, DiversionReason::inactive);
    EXPECT_EQ(begun[1].origin.reason, DiversionReason::companion);
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
    EXPECT_EQ(end.course.step, Step::handshake);
    EXPECT_EQ(end.course.duration, Milliseconds{9'000});
    EXPECT_GE(end.idle, idle_timeout);
    EXPECT_EQ(
        std::tuple(end.course.packets_in, end.course.bytes_in, end.course.packets_out, end.course.bytes_out),
        std::tuple(5U, 420U, 4U, 340U));
    EXPECT_TRUE(switch_.sessions.empty());
    const auto steps = listener_.take<SessionAdvanced>();
    ASSERT_EQ(steps.size(), 1U) << "it was looked at once before";
    EXPECT_EQ(steps.front().course.step, Step::handshake);
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
    EXPECT_EQ(steps.front().course.step, Step::payload);
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
    EXPECT_EQ(steps.front().course.step, Step::payload);
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
