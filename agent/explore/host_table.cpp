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
        suspects_.erase(address);
    }
    return sighting;
}

void HostTable::missed(Ipv4Address address, Clock::time_point now) {
    const auto entry = hosts_.find(address);
    if (entry == hosts_.end() || entry->second.state == HostState::suspect) return;
    entry->second.state = HostState::suspect;
    entry->second.probes = 0;
    entry->second.probe_due = now;
    suspects_.insert(address);
}

void HostTable::restart_probes() {
    for (const auto address : suspects_) hosts_.at(address).probes = 0;
}

void HostTable::tick(Clock::time_point now, const Probe& probe,
                     const std::function<void(Ipv4Address)>& gone) {
    for (auto suspect = suspects_.begin(); suspect != suspects_.end();) {
        const auto address = *suspect;
        auto& host = hosts_.at(address);
        if (host.probe_due > now) {
            ++suspect;
        } else if (host.probes < options_.count) {
            if (probe(address, host.mac)) ++host.probes;
            host.probe_due = now + options_.interval;
            ++suspect;
        } else if (now - host.last_evidence < options_.hold) {
            host.probe_due = host.last_evidence + options_.hold;
            ++suspect;
        } else {
            suspect = suspects_.erase(suspect);
            hosts_.erase(address);
            gone(address);
        }
    }
}

Clock::time_point HostTable::due() const {
    auto earliest = Clock::time_point::max();
    for (const auto address : suspects_) earliest = std::min(earliest, hosts_.at(address).probe_due);
    return earliest;
}

const Host* HostTable::find(Ipv4Address address) const {
    const auto entry = hosts_.find(address);
    return entry == hosts_.end() ? nullptr : &entry->second;
}

}  // namespace honeyswitch::agent
