// How one broadcast domain is watched and swept.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/explore/arp.hpp"
#include "base/address.hpp"
#include "base/clock.hpp"

namespace honeyswitch::agent {

struct SweepOptions {
    unsigned rate = 1000;  ///< ARP requests per second
    unsigned retries = 2;  ///< further requests to an address that did not answer
    Clock::duration interval =
        std::chrono::seconds(60);  ///< from the beginning of one sweep to that of the next
    Clock::duration patience = std::chrono::milliseconds(1000);  ///< for answers, after each pass
};

struct ProbeOptions {
    unsigned count = 3;                                  ///< unicast probes to a suspect
    Clock::duration interval = std::chrono::seconds(1);  ///< between them
    Clock::duration hold =
        std::chrono::seconds(120);  ///< from the last evidence; no address goes inactive before
};

struct ProxyOptions {
    unsigned limit = 16;              ///< a MAC that answers for more addresses is examined
    std::vector<MacAddress> allowed;  ///< of hosts that have many addresses of their own: never examined
    std::vector<MacAddress> ignored;  ///< of proxies: what they answer is never evidence
};

struct DomainOptions {
    std::string interface;
    std::optional<VlanIdentifier> vlan;
    Ipv4Prefix prefix;
    /// Set aside for the agent to ask in its name, where the interface has no address in the domain.
    std::optional<Ipv4Address> sender;
    std::vector<Ipv4Address> always;  ///< gateways and the static list: active whatever ARP says
    SweepOptions sweep;
    ProbeOptions probe;
    ProxyOptions proxy;
    /// When at least this many hosts are known and more than half of them miss a sweep at once, it is the
    /// agent that has been cut off, until it is sure of the contrary.
    unsigned cut_off_hosts = 8;
    /// A sweep that fewer hosts answer says nothing: an agent that hears nobody cannot tell an empty domain
    /// from a broken link.
    unsigned min_answers = 1;
    /// Complete sweeps, each with an answer from somebody, that make it sure.
    unsigned cut_off_sweeps = 3;
};

}  // namespace honeyswitch::agent
