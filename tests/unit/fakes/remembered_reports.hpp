// DomainReports for tests: flows come into force when the test says that the workers have passed the barrier.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>

#include "control/controller/domain_reports.hpp"

namespace honeyswitch::control {

class RememberedReports : public DomainReports {
  public:
    struct Domain {
        bool declared = false;
        std::set<Ipv4Address> active;

        friend bool operator==(const Domain&, const Domain&) = default;
    };
    using Domains = std::map<std::pair<AgentId, Ipv4Prefix>, Domain>;

    std::expected<Barrier, std::string> domain_state(AgentId agent, Ipv4Prefix domain,
                                                     std::span<const Ipv4Address> active,
                                                     TimePoint) override {
        ++calls;
        if (full) return std::unexpected("the table of addresses is full");
        return later([key = std::pair(agent, domain), set = std::set(active.begin(), active.end())](
                         Domains& domains) { domains[key] = {true, set}; });
    }
    Barrier addresses_active(AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> addresses,
                             TimePoint) override {
        ++calls;
        return later([key = std::pair(agent, domain), list = std::vector(addresses.begin(), addresses.end())](
                         Domains& domains) { domains[key].active.insert(list.begin(), list.end()); });
    }
    Barrier addresses_inactive(AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> addresses,
                               TimePoint) override {
        ++calls;
        return later([key = std::pair(agent, domain),
                      list = std::vector(addresses.begin(), addresses.end())](Domains& domains) {
            for (const auto address : list) domains[key].active.erase(address);
        });
    }
    void domain_silent(AgentId agent, Ipv4Prefix domain, TimePoint) override {
        ++calls;
        (void)later([key = std::pair(agent, domain)](Domains& domains) { domains.erase(key); });
    }
    bool reached(Barrier barrier) const override { return barrier <= reached_; }

    /// Every worker has passed the barriers so far.
    void settle() {
        for (; !waiting_.empty(); waiting_.pop_front()) waiting_.front()(in_force_);
        reached_ = asked_;
    }
    [[nodiscard]] bool unsettled() const { return !waiting_.empty(); }
    [[nodiscard]] const Domains& in_force() const { return in_force_; }

    /// A packet from the outside for this address would go to the honeypot.
    [[nodiscard]] bool diverts(Ipv4Address address) const {
        bool known = false;
        for (const auto& [key, domain] : in_force_) {
            if (domain.active.contains(address)) return false;
            known |= domain.declared && key.second.contains(address);
        }
        return known;
    }

    bool full = false;
    unsigned calls = 0;

  private:
    using Effect = std::function<void(Domains&)>;
    Barrier later(Effect effect) {
        waiting_.push_back(std::move(effect));
        return ++asked_;
    }

    std::deque<Effect> waiting_;
    Domains in_force_;
    Barrier asked_ = 0, reached_ = 0;
};

}  // namespace honeyswitch::control
