// HoneypotHealth over fake honeypots, in time that the test makes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "control/honeypots/honeypot_health.hpp"
#include "tests/unit/fakes/fake_honeypots.hpp"
#include "tests/unit/fixtures/in_order.hpp"

namespace honeyswitch::control {

using Tcp = Station::Tcp;

inline constexpr Ipv4Address decoy{0x0a010020};
inline constexpr MacAddress first_mac{{2, 0, 0, 0, 0, 1}}, second_mac{{2, 0, 0, 0, 0, 2}};
inline constexpr HoneypotId first{0}, second{1};
inline constexpr Milliseconds interval{1'000};

[[nodiscard]] inline Honeypot named(std::string name, std::optional<MacAddress> mac) {
    Honeypot honeypot{};
    honeypot.name = std::move(name);
    honeypot.mac = mac;
    return honeypot;
}
[[nodiscard]] inline Honeypot checked(std::optional<MacAddress> mac = first_mac) {
    Honeypot honeypot = named("pot", mac);
    honeypot.check_tcp_port = 22;
    return honeypot;
}

class HoneypotHealthTest : public testing::Test {
  protected:
    void start(std::vector<Honeypot> honeypots, std::vector<Station> stations) {
        pots_.configured = std::move(honeypots);
        pots_.stations = std::move(stations);
        health_ = std::make_unique<HoneypotHealth>(pots_, in_order(pots_.configured), options_);
    }
    void reload(std::vector<Honeypot> honeypots) {
        pots_.configured = std::move(honeypots);
        health_->reconfigure(in_order(pots_.configured), options_);
    }
    /// In small steps, as the control loop does; every answer arrives within one.
    void pass(Milliseconds time) {
        for (const TimePoint end = now_ + time; now_ < end; now_ += Milliseconds{50}) turn();
    }
    void turn() {
        health_->tick(now_);
        pots_.deliver(*health_);
    }
    [[nodiscard]] bool up(HoneypotId honeypot = first) const { return health_->status(honeypot).up(); }
    [[nodiscard]] std::optional<MacAddress> mac(HoneypotId honeypot = first) const {
        return health_->status(honeypot).mac;
    }

    HealthOptions options_{.decoy = decoy, .interval = interval};
    FakeHoneypots pots_;
    std::unique_ptr<HoneypotHealth> health_;
    TimePoint now_{Milliseconds{1'000'000}};
};

}  // namespace honeyswitch::control
