// A simulated segment around a domain: hosts that answer, go, return, lie.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "agent/explore/domain.hpp"

namespace honeyswitch::agent {

using namespace std::chrono_literals;

inline const MacAddress agent_mac{{2, 0, 0, 0, 0, 0xff}};
inline constexpr Ipv4Address own_address{0x0a0100fe};  ///< of the agent
inline const MacAddress proxy_mac{{2, 0, 0, 0, 0, 0xee}};

constexpr Ipv4Address at(std::uint32_t host) {
    return {0x0a010000 + host};
}
inline MacAddress mac_of(std::uint32_t host) {
    return {{2, 1, 0, 0, static_cast<std::uint8_t>(host >> 8), static_cast<std::uint8_t>(host)}};
}

class Segment : public DomainOutput {
  public:
    explicit Segment(DomainOptions options)
        : domain(std::move(options), *this, [this] { return random_(); }) {
        domain.set_own(agent_mac, {own_address});
        domain.set_link(true, now);
    }

    bool send(const ArpFrame& frame) override {
        if (transmit_queue_full) return false;
        requests.push_back(frame);
        if (overheard) overheard(frame);
        if (cut || std::uniform_real_distribution<>(0, 1)(losses_) < loss_) return true;
        const auto host = hosts.find(frame.target.value - 0x0a010000);
        if (host != hosts.end()) answer(frame, mac_of(*host));
        for (const auto& [mac, answers] : machines)
            if (answers(frame)) answer(frame, mac);
        return true;
    }
    void changed(Ipv4Address address, std::optional<Clock::time_point>) override {
        (domain.report().active.contains(address) ? became_active : became_inactive).insert(address);
    }
    void swept_changed(const std::string&) override {}
    void asks_as(std::optional<Ipv4Address> sender, bool soon, const std::string& reason) override {
        asked_as.push_back(sender);
        if (!sender && !soon) warnings.push_back(reason);
    }
    void conflict(Ipv4Address, const MacAddress&, const MacAddress&) override { ++conflicts; }
    void many_addresses(const ProxyJudge::Finding& finding) override { findings.push_back(finding); }

    static ArpFrame reply(Ipv4Address sender, const MacAddress& mac) {
        return {agent_mac, mac, std::nullopt, ArpOperation::reply, mac, sender, agent_mac, {}};
    }
    static ArpFrame request(Ipv4Address sender, const MacAddress& mac, Ipv4Address target) {
        return {broadcast_mac, mac, std::nullopt, ArpOperation::request, mac, sender, {}, target};
    }
    void lose(double share, unsigned seed) {
        loss_ = share;
        losses_.seed(seed);
    }
    void hear(const ArpFrame& frame) { domain.receive(frame, now); }
    void pass(Clock::duration duration) {
        for (const auto end = now + duration; now < end; now += 1ms) {
            if (meanwhile) meanwhile();
            domain.tick(now);
            for (const auto& answer : std::exchange(answers_, {})) hear(answer);
        }
    }
    /// What is active but for the agent's own address.
    [[nodiscard]] std::vector<Ipv4Address> found() const {
        auto addresses = domain.report().active.addresses();
        std::erase(addresses, own_address);
        return addresses;
    }
    [[nodiscard]] bool active(std::uint32_t host) const { return domain.report().active.contains(at(host)); }

    Clock::time_point now{1h};
    std::set<std::uint32_t> hosts;
    bool cut = false, transmit_queue_full = false;
    std::vector<ArpFrame> requests;
    std::set<Ipv4Address> became_active, became_inactive;
    std::vector<ProxyJudge::Finding> findings;
    std::vector<std::optional<Ipv4Address>> asked_as;  ///< each change of it
    std::vector<std::string> warnings;
    unsigned conflicts = 0;
    std::function<void(const ArpFrame&)> overheard;  ///< sees what the agent sends
    std::function<void()> meanwhile;                 ///< every millisecond
    /// Machines with many addresses, by their MAC: whether one answers.
    std::map<MacAddress, std::function<bool(const ArpFrame&)>> machines;

  private:
    void answer(const ArpFrame& frame, const MacAddress& mac) {
        if (frame.destination == broadcast_mac || frame.destination == mac)
            answers_.push_back(reply(frame.target, mac));
    }

    double loss_ = 0;  ///< of requests
    std::mt19937 losses_;
    std::mt19937 random_{1};
    std::vector<ArpFrame> answers_;

  public:
    Domain domain;
};

/// A router that answers for all of a prefix.
inline std::function<bool(const ArpFrame&)> proxy_for(const char* prefix) {
    return [domain = *parse_prefix(prefix)](const ArpFrame& frame) { return domain.contains(frame.target); };
}

inline DomainOptions quick() {
    DomainOptions options;
    options.prefix = *parse_prefix("10.1.0.0/24");
    options.sweep = {.rate = 1000, .retries = 2, .interval = 5s, .patience = 100ms};
    options.probe = {.count = 3, .interval = 200ms, .hold = 2s};
    return options;
}
inline constexpr Clock::duration one_sweep = 1100ms;  ///< three passes of 254 at 1000/s, and the patience

}  // namespace honeyswitch::agent
