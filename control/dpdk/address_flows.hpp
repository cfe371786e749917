// The flows of domains and active addresses, and sightings: states of AddressTable.
#pragma once

#include <cstddef>
#include <expected>
#include <span>

#include "control/controller/domain_flows.hpp"
#include "dataplane/tables/address_table.hpp"

namespace honeyswitch::control {

/// Control thread.
class AddressFlows final : public DomainFlows, public Sightings {
  public:
    explicit AddressFlows(dataplane::AddressTable& table) : table_(table) {}

    // DomainFlows
    [[nodiscard]] std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                                        std::span<const Ipv4Address> active) override;
    void delete_domain(Ipv4Prefix prefix) override;
    [[nodiscard]] std::expected<void, Error> keep_states(Ipv4Prefix prefix) override;
    void add_active(Ipv4Address address) override { table_.set_active(address.value, true); }
    void delete_active(Ipv4Address address) override { table_.set_active(address.value, false); }

    // Sightings
    [[nodiscard]] std::size_t take_sightings(std::span<Ipv4Address> addresses) override;
    [[nodiscard]] bool is_sighted(Ipv4Address address) const override {
        return table_.is_sighted(address.value);
    }
    [[nodiscard]] bool restore_sighting(Ipv4Address address, bool asked) override {
        return table_.restore_sighting(address.value, asked);
    }
    void ask_sighted(Ipv4Address address) override { table_.ask_sighted(address.value); }
    [[nodiscard]] bool end_sighting(Ipv4Address address, bool alone) override {
        return table_.end_sighting(address.value, alone);
    }

  private:
    dataplane::AddressTable& table_;
};

}  // namespace honeyswitch::control
