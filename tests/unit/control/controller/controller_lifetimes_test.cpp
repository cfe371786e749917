// What the controller does with flows of addresses whose host lives: no session is made for one, and none
// that was made goes on.
#include <vector>

#include <gtest/gtest.h>

#include "control/controller/controller.hpp"
#include "tests/unit/fakes/fake_switch.hpp"

namespace honeyswitch::control {
namespace {

constexpr AgentId east{0};
constexpr auto domain = Ipv4Prefix::of({0x0a010000}, 22);
constexpr Ipv4Address server{0x0a010010}, host{0x0a010020};

class Lifetimes : public testing::Test {
  protected:
    Lifetimes() {
        EXPECT_TRUE(controller_.start(now_));
        EXPECT_TRUE(controller_.domain_state(east, domain, std::vector{server}, now_));
    }
    void pass(Milliseconds time) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{250})
            (void)controller_.tick(now_);
        (void)controller_.tick(now_);
    }
    /// Addresses that were sighted in this order, `apart` from each other.
    void sight(std::initializer_list<Ipv4Address> addresses, Milliseconds apart) {
        for (const Ipv4Address address : addresses) {
            switch_.sighted = {address};
            pass(apart);
        }
    }

    FakeSwitch switch_;
    EventBus events_;
    Controller controller_{{}, switch_, events_};
    TimePoint now_{Milliseconds{1'000'000}};
};

TEST_F(Lifetimes, AShorterLifetimeHoldsForSightingsThatAreThereAlready) {
    ControllerConfig config{.sighting_lifetime = std::chrono::hours{168}};
    controller_.reconfigure(config, now_);
    sight({host, {0x0a010021}, {0x0a010022}}, Milliseconds{60'000});
    config.sighting_lifetime = std::chrono::minutes{10};
    controller_.reconfigure(config, now_);
    sight({{0x0a010023}}, Milliseconds{1'000});
    EXPECT_EQ(controller_.sightings(), 4U);
    pass(std::chrono::minutes{11});
    EXPECT_EQ(controller_.sightings(), 0U);
}

TEST_F(Lifetimes, AShorterLifetimeHoldsForVouchersOfSilentAgentsToo) {
    ControllerConfig config{.voucher_lifetime = std::chrono::hours{168}};
    controller_.reconfigure(config, now_);
    controller_.domain_silent(east, domain, now_);
    config.voucher_lifetime = std::chrono::minutes{10};
    controller_.reconfigure(config, now_);
    pass(std::chrono::minutes{11});
    EXPECT_TRUE(controller_.addresses().entries().empty());
}

TEST_F(Lifetimes, ManyVouchersLapseInPortions) {
    constexpr std::size_t most_a_turn = 256;
    std::vector<Ipv4Address> all;
    for (std::uint32_t i = 0; i < domain.size(); ++i) all.push_back({domain.network.value + i});
    EXPECT_TRUE(controller_.domain_state(east, domain, all, now_));
    controller_.domain_silent(east, domain, now_);
    now_ += std::chrono::hours{1};
    EXPECT_TRUE(controller_.tick(now_));
    EXPECT_EQ(controller_.addresses().entries().size(), all.size() - most_a_turn);
    // The agent is back before the rest has lapsed.
    (void)controller_.addresses_active(east, domain, std::vector{all.back()}, now_);
    pass(Milliseconds{2'000});
    EXPECT_EQ(controller_.addresses().entries().size(), all.size() - most_a_turn);
    controller_.domain_silent(east, domain, now_);
    pass(std::chrono::hours{1});
    EXPECT_TRUE(controller_.addresses().entries().empty());
}

TEST_F(Lifetimes, ALongerLifetimeKeepsTheOrder) {
    sight({host}, Milliseconds{1'000});
    controller_.reconfigure({.sighting_lifetime = std::chrono::hours{1}}, now_);
    sight({{0x0a010023}}, Milliseconds{1'000});
    pass(std::chrono::minutes{62});
    EXPECT_EQ(controller_.sightings(), 0U);
}

}  // namespace
}  // namespace honeyswitch::control
