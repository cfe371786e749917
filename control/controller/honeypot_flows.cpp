#include "control/controller/honeypot_flows.hpp"

#include <algorithm>
#include <chrono>

#include "base/headers.hpp"

namespace honeyswitch::control {

bool HoneypotFlows::allowed(const SessionKey& key) const {
    const Ipv4Address destination{key.outside.host()};
    const std::uint16_t port = key.outside_port.host();
    const bool has_ports = key.kind == dataplane::KeyKind::ports && key.protocol != protocol::icmp;
    return std::ranges::any_of(limits_.allowed, [&](const AllowedFlow& flow) {
        return flow.protocol == key.protocol && flow.destination.contains(destination) &&
               (!has_ports || (flow.ports.first <= port && port <= flow.ports.last));
    });
}

bool HoneypotFlows::spend(Bucket& bucket, TimePoint now) const {
    const std::chrono::duration<double> passed = now - bucket.filled;
    bucket.tokens = std::min<double>(limits_.rate, bucket.tokens + passed.count() * limits_.rate);
    bucket.filled = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

}  // namespace honeyswitch::control
