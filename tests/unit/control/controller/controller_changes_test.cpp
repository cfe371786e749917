// Configurations of tens of thousands of domains and addresses: each turn does a bounded part of the work,
// and none that nothing asks for.
#include <algorithm>

#include <gtest/gtest.h>

#include "control/controller/controller.hpp"
#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

constexpr Ipv4Address campus{0x0a000000};

std::vector<Ipv4Prefix> small_domains(std::uint32_t count) {
    std::vector<Ipv4Prefix> prefixes;
    for (std::uint32_t i = 0; i < count; ++i) prefixes.push_back({{campus.value + i * 16}, 28});
    return prefixes;
}

class ControllerChanges : public testing::Test {
  protected:
    /// Far above what a turn may do, far below what there is to do.
    static constexpr std::size_t many_flows = 3'000;

    ControllerChanges() { switch_.domain_capacity = 100'000; }

    /// Flow-mods of the next turn.
    std::size_t turn() {
        const auto before = switch_.log.size();
        (void)controller_.tick(now_);
        return switch_.log.size() - before;
    }
    void settle() {
        while (controller_.changing()) (void)controller_.tick(now_);
    }
    [[nodiscard]] std::size_t place_of(const std::string& entry) const {
        return static_cast<std::size_t>(std::ranges::find(switch_.log, entry) - switch_.log.begin());
    }

    FakeSwitch switch_;
    EventBus events_;
    Controller controller_{{}, switch_, events_};
    TimePoint now_{Milliseconds{1'000'000}};
};

TEST_F(ControllerChanges, DomainsComeInPortions) {
    controller_.reconfigure({.dark = small_domains(10'000)}, now_);
    EXPECT_TRUE(switch_.log.empty()) << "nothing is done at once";
    while (controller_.changing()) ASSERT_LT(turn(), many_flows);
    EXPECT_TRUE(controller_.outcome());
    EXPECT_EQ(switch_.domains.size(), 10'000U);
    EXPECT_EQ(switch_.log.size(), 10'000U) << "each once";
}

TEST_F(ControllerChanges, ActiveAddressesComeInPortionsAndGoInPortions) {
    controller_.reconfigure({.static_active = {{campus, 16}}}, now_);
    while (controller_.changing()) ASSERT_LT(turn(), many_flows);
    EXPECT_EQ(switch_.active.size(), 65'536U);
    controller_.reconfigure({.static_active = {{campus, 32}}}, now_);
    std::size_t before = switch_.active.size();
    while (controller_.changing()) {
        (void)turn();
        ASSERT_LT(before - switch_.active.size(), many_flows);
        before = switch_.active.size();
    }
    EXPECT_EQ(switch_.active, std::set{campus});
}

TEST_F(ControllerChanges, WhatStaysAsItWasCostsNothing) {
    const ControllerConfig config{.static_active = {{campus, 24}}, .dark = small_domains(1'000)};
    ASSERT_TRUE(controller_.start(now_) && (controller_.reconfigure(config, now_), true));
    settle();
    switch_.log.clear();
    auto wanted = config;
    wanted.dark.push_back({{0x0b000000}, 24});
    wanted.static_active.push_back({{0x0b000001}, 32});
    controller_.reconfigure(wanted, now_);
    settle();
    EXPECT_EQ(switch_.log, (std::vector<std::string>{"active 11.0.0.1", "domain 11.0.0.0/24 packet_in"}));
}

TEST_F(ControllerChanges, WhatProtectsHostsComesFirst) {
    controller_.reconfigure({.static_active = {{{0x0a010101}, 32}},
                             .dark = {{{0x0a010000}, 16}},
                             .grants = {{{0x0a010200}, 24}, {{0x0aff0000}, 24}}},
                            now_);
    settle();
    const auto dark = place_of("domain 10.1.0.0/16 packet_in");
    ASSERT_LT(dark, switch_.log.size());
    EXPECT_LT(place_of("active 10.1.1.1"), dark);
    EXPECT_LT(place_of("domain 10.1.2.0/24 inside"), dark);
    EXPECT_LT(place_of("domain 10.255.0.0/24 inside"), dark);
}

TEST_F(ControllerChanges, ADarkPrefixThatBecomesAGrantIsNoLongerDark) {
    controller_.reconfigure({.dark = {{campus, 24}}}, now_);
    settle();
    controller_.reconfigure({.grants = {{campus, 24}}}, now_);
    settle();
    EXPECT_EQ(switch_.domains.at({campus, 24}), DomainAction::inside);
}

TEST_F(ControllerChanges, WhatFindsNoRoomIsNamedAndTheRestIsInForce) {
    switch_.domain_capacity = 4;
    controller_.reconfigure({.dark = small_domains(6)}, now_);
    settle();
    EXPECT_EQ(controller_.outcome().error().message(),
              "cannot add domain 10.0.0.64/28: the capacity of domains is used up, and 1 more are left out");
    EXPECT_EQ(switch_.domains.size(), 4U);
    controller_.reconfigure({.dark = small_domains(4)}, now_);
    settle();
    EXPECT_TRUE(controller_.outcome());
}

TEST_F(ControllerChanges, AStartCanBeInterrupted) {
    Controller controller({.dark = small_domains(10'000)}, switch_, events_);
    EXPECT_TRUE(controller.start(now_, [] { return true; }));
    EXPECT_TRUE(controller.changing());
    EXPECT_LT(switch_.log.size(), many_flows);
}

TEST_F(ControllerChanges, DomainsAreForgottenInPortions) {
    controller_.reconfigure({.dark = small_domains(5'000)}, now_);
    settle();
    controller_.reconfigure({}, now_);
    settle();
    now_ += Milliseconds{1'000};
    std::size_t before = switch_.domains.size();
    while (!switch_.domains.empty()) {
        const bool busy = controller_.tick(now_);
        ASSERT_TRUE(busy || switch_.domains.empty()) << "there is more, and the loop must not wait";
        ASSERT_LT(before - switch_.domains.size(), 200U);
        before = switch_.domains.size();
    }
    EXPECT_TRUE(controller_.domains().empty());
}

}  // namespace
}  // namespace honeyswitch::control
