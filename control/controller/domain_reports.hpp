// What an agent's notices mean: the first three triggers of the paper's section 3.4, as calls.
//
// The notice server (which knows datagrams, keys and retransmission) calls it; the controller (which knows
// domains and flows) implements it. Both run on the control thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "base/address.hpp"
#include "base/clock.hpp"

namespace honeyswitch::control {

/// Names an agent for as long as the process lives. The agents of the start are numbered as in
/// Config::agents; one that a reload brings has a number that nobody had before. 32 bits never run out: each
/// number takes memory, and a reload brings limits::agents at most.
enum class AgentId : std::uint32_t {};

class DomainReports {
  public:
    /// A barrier after a set of flow changes, as Switch has them. It is reached once it was answered, so that
    /// no worker decides by the old flows any more: only then may the notice be acknowledged.
    using Barrier = std::uint64_t;

    virtual ~DomainReports() = default;

    /// The agent has swept `domain` at least once and these are all its active addresses. The set replaces
    /// whatever the agent said of this domain before. An unknown domain becomes known, after its active flows
    /// are in. Errors (a sentence): the table of domains or addresses is full; nothing was changed.
    [[nodiscard]] virtual std::expected<Barrier, std::string> domain_state(
        AgentId agent, Ipv4Prefix domain, std::span<const Ipv4Address> active, TimePoint now) = 0;
    /// Addresses of `domain` became active. Harmless in a domain that is not known yet: the addresses are
    /// remembered.
    [[nodiscard]] virtual Barrier addresses_active(AgentId agent, Ipv4Prefix domain,
                                                   std::span<const Ipv4Address> addresses, TimePoint now) = 0;
    /// Addresses of `domain` of which this agent sees nothing any more. Others may still vouch for them.
    [[nodiscard]] virtual Barrier addresses_inactive(AgentId agent, Ipv4Prefix domain,
                                                     std::span<const Ipv4Address> addresses,
                                                     TimePoint now) = 0;
    /// The agent has been silent for too long, or no longer watches `domain`. When no other agent watches it,
    /// the domain becomes unknown at once and its traffic goes inside.
    virtual void domain_silent(AgentId agent, Ipv4Prefix domain, TimePoint now) = 0;

    [[nodiscard]] virtual bool reached(Barrier barrier) const = 0;

  protected:
    DomainReports() = default;
    DomainReports(const DomainReports&) = default;
    DomainReports& operator=(const DomainReports&) = default;
};

}  // namespace honeyswitch::control
