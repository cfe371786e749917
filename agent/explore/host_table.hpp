// The state machine of the addresses of a domain that ARP has shown to be in use (agent/README.md draws it):
//
//   inactive --evidence--> active --missed a sweep--> suspect --probes unanswered and hold over--> inactive
//                             ^-----------evidence-------|
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>

#include "agent/explore/domain_options.hpp"

namespace honeyswitch::agent {

enum class HostState : std::uint8_t { active, suspect };

struct Host {
    HostState state = HostState::active;
    MacAddress mac;         ///< of the latest evidence
    bool own_word = false;  ///< `mac` asked or announced in the address's name, and did not only answer
    MacAddress previous;    ///< the one before `mac`; zero: none
    Clock::time_point last_evidence;
    Clock::time_point previous_evidence;  ///< of `previous`
    unsigned probes = 0;                  ///< sent since it became suspect
    Clock::time_point probe_due;
};

class HostTable {
  public:
    /// `rate`: of probes a second, at most.
    HostTable(const ProbeOptions& options, unsigned rate)
        : options_(options), period_(std::chrono::nanoseconds(std::chrono::seconds(1)) / rate) {}

    struct Sighting {
        bool new_host = false;
        bool conflict = false;  ///< two MACs take turns (RFC 5227, 2.4)
    };
    /// A frame shows that `mac` uses `address`; `own_word`: it is no answer.
    Sighting evidence(Ipv4Address address, const MacAddress& mac, bool own_word, Clock::time_point now);
    /// It did not answer a complete sweep with all its retries.
    void missed(Ipv4Address address, Clock::time_point now);

    /// Answers to the probes may have been lost.
    void restart_probes();

    /// Sends one unicast probe; false: it could not be sent, and does not count.
    using Probe = std::function<bool(Ipv4Address, const MacAddress&)>;
    /// Probes suspects that are due, and takes those out that are inactive now, each told to `gone`. Who has
    /// waited for longest comes first, and where there are more than the rate allows, the others wait on.
    void tick(Clock::time_point now, const Probe& probe, const std::function<void(Ipv4Address)>& gone);
    [[nodiscard]] Clock::time_point due() const;

    [[nodiscard]] const Host* find(Ipv4Address address) const;
    [[nodiscard]] const std::unordered_map<Ipv4Address, Host>& hosts() const { return hosts_; }
    [[nodiscard]] std::size_t suspects() const { return suspects_.size(); }

  private:
    /// Two MACs within this time are a conflict if the first comes back; else the address changed hands.
    static constexpr Clock::duration conflict_window = std::chrono::minutes(5);

    /// After a delay no more than this is caught up in one burst.
    static constexpr Clock::duration max_burst = std::chrono::milliseconds(5);

    using Suspect = std::pair<Clock::time_point, Ipv4Address>;  ///< with its `probe_due`

    ProbeOptions options_;
    Clock::duration period_;  ///< between two probes
    std::unordered_map<Ipv4Address, Host> hosts_;
    std::set<Suspect> suspects_;
    Clock::time_point next_probe_{};  ///< no probe before
};

}  // namespace honeyswitch::agent
