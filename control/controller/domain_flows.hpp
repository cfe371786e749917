// The flows of domains (priority 1) and of their active addresses (priority 2), and what workers see of
// addresses that are not active. Control thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "base/address.hpp"
#include "base/error.hpp"

namespace honeyswitch::control {

/// Action of a priority 1 flow.
enum class DomainAction : std::uint8_t {
    packet_in,  ///< a known domain: a destination that is not active is an attacker's
    inside,     ///< an unknown domain within a known one: all of it goes inside
};

class DomainFlows {
  public:
    virtual ~DomainFlows() = default;

    /// Adds or modifies the priority 1 flow of `prefix`. `active` are its active addresses: their priority 2
    /// flows are in before the domain's own flow is, so that no packet meets the one without the others.
    /// Errors: the table of domains or of addresses is full; nothing was changed.
    [[nodiscard]] virtual std::expected<void, Error> add_domain(Ipv4Prefix prefix, DomainAction action,
                                                                std::span<const Ipv4Address> active) = 0;
    virtual void delete_domain(Ipv4Prefix prefix) = 0;
    /// Sessions and sightings of a domain that was added go on while it is unknown, as they do in one that
    /// was known before. Error: the table of addresses is full; nothing was changed.
    [[nodiscard]] virtual std::expected<void, Error> keep_states(Ipv4Prefix prefix) = 0;

    /// Priority 2. No effect outside the domains that were added.
    virtual void add_active(Ipv4Address address) = 0;
    virtual void delete_active(Ipv4Address address) = 0;

  protected:
    DomainFlows() = default;
    DomainFlows(const DomainFlows&) = default;
    DomainFlows& operator=(const DomainFlows&) = default;
};

class Sightings {
  public:
    virtual ~Sightings() = default;

    /// Addresses of known domains that were not active and spoke from the inside since the last call; at most
    /// `addresses.size()` of them, the rest stay for the next call. Returns how many.
    [[nodiscard]] virtual std::size_t take_sightings(std::span<Ipv4Address> addresses) = 0;
    /// Whether it is sighted, be it taken by take_sightings or not: what a worker has seen counts at once. A
    /// session that was added before this call is either found by the worker that sees the address, or the
    /// sighting is seen here.
    [[nodiscard]] virtual bool is_sighted(Ipv4Address address) const = 0;
    /// A sighting of before a restart goes on: it is taken by take_sightings like a new one. False: there is
    /// no room, or its domain keeps none.
    [[nodiscard]] virtual bool restore_sighting(Ipv4Address address, bool asked) = 0;
    /// Asks whether a sighted address still speaks.
    virtual void ask_sighted(Ipv4Address address) = 0;
    /// Ends the sighting, unless the address has spoken since it was asked. Returns whether it ended. With
    /// `alone`, nobody else says that the address is active, and its priority 2 flow goes in the same moment:
    /// a packet of its host finds either both or none, and sights it anew.
    [[nodiscard]] virtual bool end_sighting(Ipv4Address address, bool alone) = 0;

  protected:
    Sightings() = default;
    Sightings(const Sightings&) = default;
    Sightings& operator=(const Sightings&) = default;
};

}  // namespace honeyswitch::control
