// Domains, active addresses, sightings and barriers without a data plane.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "control/controller/barriers.hpp"
#include "control/controller/domain_flows.hpp"

namespace honeyswitch::control {

class FakeDomainFlows : public DomainFlows, public Sightings, public Barriers {
  public:
    std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                          std::span<const Ipv4Address> addresses) override {
        if (refuses_domains || (domains.size() == domain_capacity && !domains.contains(prefix)))
            return std::unexpected(
                Error{"add", "domain " + to_string(prefix), "the capacity of domains is used up"});
        for (const Ipv4Address address : addresses) active.insert(address);
        domains[prefix] = action;
        log.push_back("domain " + to_string(prefix) +
                      (action == DomainAction::packet_in ? " packet_in" : " inside"));
        return {};
    }
    void delete_domain(Ipv4Prefix prefix) override { domains.erase(prefix); }
    std::expected<void, Error> keep_states(Ipv4Prefix prefix) override {
        if (!keeps_states)
            return std::unexpected(Error{"add", "a domain", "the capacity of addresses is used up"});
        kept.insert(prefix);
        return {};
    }
    void add_active(Ipv4Address address) override {
        active.insert(address);
        log.push_back("active " + to_string(address));
    }
    void delete_active(Ipv4Address address) override { active.erase(address); }

    std::size_t take_sightings(std::span<Ipv4Address> addresses) override {
        std::size_t count = 0;
        while (count < addresses.size() && !sighted.empty()) {
            addresses[count++] = sighted.back();
            sighted.pop_back();
        }
        return count;
    }
    bool is_sighted(Ipv4Address address) const override {
        return std::ranges::find(sighted, address) != sighted.end();
    }
    bool restore_sighting(Ipv4Address address, bool is_asked) override {
        if (!most_specific(address)) return false;
        sighted.push_back(address);
        if (is_asked) asked.insert(address);
        return true;
    }
    void ask_sighted(Ipv4Address address) override { asked.insert(address); }
    bool end_sighting(Ipv4Address address, bool alone) override {
        const bool ended = asked.erase(address) != 0;
        if (ended && alone) active.erase(address);
        return ended;
    }

    Barrier barrier_request() override {
        log.push_back("barrier");
        return ++requested;
    }
    bool barrier_reached(Barrier barrier) const override { return barrier <= reached; }

    std::map<Ipv4Prefix, DomainAction> domains;
    std::set<Ipv4Address> active;
    std::vector<std::string> log;      ///< flow-mods of priorities 1 and 2, and barriers, in order
    std::vector<Ipv4Address> sighted;  ///< those that were not taken yet
    std::set<Ipv4Address> asked;       ///< erase one to let its address speak
    std::set<Ipv4Prefix> kept;         ///< domains whose addresses have states while they are unknown
    bool refuses_domains = false, keeps_states = true;
    std::size_t domain_capacity = 100;
    Barrier requested = 0, reached = 0;

  protected:
    [[nodiscard]] std::optional<DomainAction> most_specific(Ipv4Address address) const {
        std::optional<DomainAction> action;
        unsigned length = 0;
        for (const auto& [prefix, its_action] : domains) {
            if (!prefix.contains(address) || (action && prefix.length < length)) continue;
            action = its_action;
            length = prefix.length;
        }
        return action;
    }
};

}  // namespace honeyswitch::control
