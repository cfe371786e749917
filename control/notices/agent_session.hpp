// One agent's association as the controller holds it: its notices become calls of DomainReports, and each is
// answered once the flows it asked for are settled.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/wire/notice.hpp"
#include "base/clock.hpp"
#include "control/controller/domain_reports.hpp"
#include "control/notices/replica.hpp"

namespace honeyswitch::control {

/// Runs on the control thread. Knows no datagrams: what it answers goes through `reply`.
class AgentSession {
  public:
    using Reply = std::function<void(const agent::ControllerNotice&)>;
    /// Domains that one agent may have at a time: as many as there are VLANs.
    static constexpr std::size_t max_domains = 4096;
    /// Notices that wait for their flows. What comes beyond is left to the agent's retransmission.
    static constexpr std::size_t max_unsettled = 4096;

    AgentSession(AgentId agent, std::span<const Ipv4Prefix> grants, DomainReports& reports)
        : agent_(agent), grants_(grants), reports_(&reports) {}

    /// Of a reload. Precondition: all its domains are within them.
    void set_grants(std::span<const Ipv4Prefix> grants) { grants_ = grants; }
    /// A new association. After a restart of the agent its domains become unknown, as it has to sweep them
    /// anew; after a mere interruption they stay until it sends their full states.
    void begin(bool agent_restarted, TimePoint now);
    /// A refusal is the caller's to count; the agent is told where the protocol says so.
    [[nodiscard]] std::optional<agent::Refusal> receive(const agent::AgentNotice& notice, TimePoint now,
                                                        const Reply& reply);
    /// Answers what has settled. Cheap when nothing waits.
    void settle(const Reply& reply);
    /// Something waits for `settle`.
    [[nodiscard]] bool unsettled() const { return !unsettled_.empty(); }
    /// The agent has been silent for too long: all its domains become unknown.
    void silence(TimePoint now);

    [[nodiscard]] std::vector<Ipv4Prefix> domains() const;
    /// Why the latest notice was refused, if the operator can mend it; else empty.
    [[nodiscard]] const std::string& reason() const { return reason_; }

  private:
    using Barrier = DomainReports::Barrier;
    struct Domain {
        explicit Domain(Ipv4Prefix prefix) : replica(prefix) {}
        Replica replica;
        bool declared = false;                ///< by a swept state
        std::optional<Barrier> last_barrier;  ///< what an answer to a repeated notice waits for
    };
    struct Unsettled {
        std::optional<Barrier> barrier;
        agent::ChangeNumber number;
        std::optional<Ipv4Prefix> state_of;  ///< none: a change
    };
    using Result = std::optional<agent::Refusal>;

    [[nodiscard]] Result receive(const agent::Change& change, TimePoint now, const Reply& reply);
    [[nodiscard]] Result receive(const agent::StateChunk& chunk, TimePoint now, const Reply& reply);
    [[nodiscard]] Result receive(const agent::KeepAlive& keep_alive, TimePoint now, const Reply& reply);

    [[nodiscard]] std::expected<Domain*, agent::ResponseCode> domain_of(Ipv4Prefix prefix);
    [[nodiscard]] std::expected<void, agent::Refusal> put_in_force(Domain& domain, Replica::State state,
                                                                   TimePoint now);
    [[nodiscard]] agent::ResponseCode compare(const agent::KeepAlive& keep_alive,
                                              const agent::KeepAlive::Entry& entry, TimePoint now);
    void report(Domain& domain, const Replica::Difference& difference, TimePoint now);
    void withdraw(Domain& domain, TimePoint now);
    void answer_when_settled(const Domain& domain, agent::ChangeNumber number,
                             std::optional<Ipv4Prefix> state_of);
    [[nodiscard]] bool granted(Ipv4Prefix domain);

    AgentId agent_;
    std::span<const Ipv4Prefix> grants_;
    DomainReports* reports_;
    std::map<Ipv4Prefix, Domain> domains_;
    std::vector<Unsettled> unsettled_;
    std::string reason_;
};

}  // namespace honeyswitch::control
