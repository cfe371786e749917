#include "control/dpdk/address_flows.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "control/dpdk/prefix_of.hpp"

namespace honeyswitch::control {

std::expected<void, Error> AddressFlows::add_domain(Ipv4Prefix prefix, DomainAction action,
                                                    std::span<const Ipv4Address> active) {
    std::vector<std::uint32_t> addresses;
    addresses.reserve(active.size());
    for (const Ipv4Address address : active) addresses.push_back(address.value);
    const auto kind =
        action == DomainAction::packet_in ? dataplane::DomainKind::known : dataplane::DomainKind::unknown;
    auto added = table_.add_domain(prefix_of(prefix), kind, addresses);
    if (!added) added.error().object = "domain " + to_string(prefix);
    return added;
}

void AddressFlows::delete_domain(Ipv4Prefix prefix) {
    table_.remove_domain(prefix_of(prefix));
}

std::expected<void, Error> AddressFlows::keep_states(Ipv4Prefix prefix) {
    auto kept = table_.keep_states(prefix_of(prefix));
    if (!kept) kept.error().object = "domain " + to_string(prefix);
    return kept;
}

std::size_t AddressFlows::take_sightings(std::span<Ipv4Address> addresses) {
    std::array<std::uint32_t, 256> values;
    const std::size_t count =
        table_.take_sightings(std::span(values).first(std::min(addresses.size(), values.size())));
    for (std::size_t i = 0; i < count; ++i) addresses[i] = {values[i]};
    return count;
}

}  // namespace honeyswitch::control
