#include "agent/explore/host_table.hpp"

#include <algorithm>

#include "agent/explore/mac_census.hpp"

namespace honeyswitch::agent {

HostTable::Sighting HostTable::evidence(Ipv4Address address, const MacAddress& mac, bool own_word,
                                        Clock::time_point now) {
    const auto [entry, added] = hosts_.try_emplace(address);
    auto& host = entry->second;
    Sighting sighting{.new_host = added};
    if (!added && host.mac != mac) {
        const bool routers = is_virtual_router(mac) || is_virtual_router(host.mac);
        const bool back = host.previous == mac && now - host.previous_evidence < conflict_window;
        sighting.conflict = back && !routers;
        host.previous = host.mac;
        host.previous_evidence = host.last_evidence;
        host.own_word = false;
    }
    host.own_word |= own_word;
    host.mac = mac;
    host.last_evidence = std::max(host.last_evidence, now);
    if (host.state == HostState::suspect) {
        host.state = HostState::active;
        suspects_.erase({host.probe_due, address});
    }
    return sighting;
}

void HostTable::missed(Ipv4Address address, Clock::time_point now) {
    const auto entry = hosts_.find(address);
    if (entry == hosts_.end() || entry->second.state == HostState::suspect) return;
    entry->second.state = HostState::suspect;
    entry->second.probes = 0;
    entry->second.probe_due = now;
    suspects_.insert({now, address});
}

void HostTable::restart_probes() {
    for (const auto& [due, address] : suspects_) hosts_.at(address).probes = 0;
}

void HostTable::tick(Clock::time_point now, const Probe& probe,
                     const std::function<void(Ipv4Address)>& gone) {
    const auto wait_until = [&](Clock::time_point due) {
        auto suspect = suspects_.extract(suspects_.begin());
        hosts_.at(suspect.value().second).probe_due = suspect.value().first = due;
        suspects_.insert(std::move(suspect));
    };
    while (due() <= now) {
        const auto address = suspects_.begin()->second;
        auto& host = hosts_.at(address);
        if (host.probes < options_.count) {
            if (probe(address, host.mac)) ++host.probes;
            next_probe_ = std::max(next_probe_, now - max_burst) + period_;
            wait_until(now + options_.interval);
        } else if (now - host.last_evidence < options_.hold) {
            wait_until(host.last_evidence + options_.hold);
        } else {
            suspects_.erase(suspects_.begin());
            hosts_.erase(address);
            gone(address);
        }
    }
}

Clock::time_point HostTable::due() const {
    if (suspects_.empty()) return Clock::time_point::max();
    const auto& [due, address] = *suspects_.begin();
    return hosts_.at(address).probes < options_.count ? std::max(due, next_probe_) : due;
}

const Host* HostTable::find(Ipv4Address address) const {
    const auto entry = hosts_.find(address);
    return entry == hosts_.end() ? nullptr : &entry->second;
}

}  // namespace honeyswitch::agent
