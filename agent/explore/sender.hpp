// The address in whose name the agent asks: the sender of its ARP requests.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/explore/arp.hpp"
#include "base/clock.hpp"

namespace honeyswitch::agent {

/// Theory: a request with the sender 0.0.0.0 is an ARP probe (RFC 5227), and a host that is about to use the
/// address must take it for a conflict and do without. It would not help to ask only for addresses that
/// nobody was heard to probe for: a host counts conflicts already in the second before its first probe. A
/// sender from outside the domain disturbs nobody, but many hosts do not answer it (Linux with rp_filter,
/// some BSDs), and a host that does not answer is taken for absent. So the agent asks in the name of an
/// address of the domain that is its own: one of its interface, or one that the operator has set aside for
/// it, which it probes for as every host does. If it has none, it does not ask at all.
///
/// A configured address is given up as soon as anybody else uses it or probes for it: the agent can do
/// without it, and the other cannot.
class Sender {
  public:
    enum class State : std::uint8_t {
        released,  ///< not claimed: there is none, or the link is down
        claiming,
        held,
        taken,  ///< by another
    };
    using Random = std::function<std::uint32_t()>;
    /// Sends an ARP probe for the address; false: it could not be sent.
    using Probe = std::function<bool(Ipv4Address)>;

    /// `configured`: set aside for the agent. `random` yields any 32-bit numbers.
    Sender(std::optional<Ipv4Address> configured, Random random);

    /// The interface's own addresses in the domain. They need no claim: the kernel has done that.
    void set_own(const std::vector<Ipv4Address>& addresses) { own_ = addresses; }
    /// Begins to claim the configured address from the start: the link has come up, or frames were lost while
    /// the claim was under way.
    void claim(Clock::time_point now);
    /// The claim lasts as long as the link.
    void release();
    /// After frames were lost.
    void frames_lost(Clock::time_point now);

    /// A frame of another machine.
    void heard(const ArpFrame& frame, Clock::time_point arrived);
    void tick(Clock::time_point now, const Probe& probe);
    [[nodiscard]] Clock::time_point due() const;

    /// None: the agent may not ask now.
    [[nodiscard]] std::optional<Ipv4Address> address() const;
    /// Of the configured address.
    [[nodiscard]] State state() const { return state_; }
    /// For the log: why there is no address.
    [[nodiscard]] std::string reason() const;

  private:
    /// RFC 5227, 1.1.
    static constexpr unsigned probe_count = 3;
    static constexpr Clock::duration probe_wait = std::chrono::seconds(1);
    static constexpr Clock::duration probe_min = std::chrono::seconds(1);
    static constexpr Clock::duration probe_max = std::chrono::seconds(2);
    static constexpr Clock::duration announce_wait = std::chrono::seconds(2);
    /// After so long without a word of another's the address is claimed anew.
    static constexpr Clock::duration patience = std::chrono::minutes(10);

    [[nodiscard]] Clock::duration random_time(Clock::duration least, Clock::duration most) const;

    std::optional<Ipv4Address> configured_;
    Random random_;
    std::vector<Ipv4Address> own_;
    State state_ = State::released;
    unsigned probes_ = 0;  ///< sent in this claim
    Clock::time_point due_ = Clock::time_point::max();
    MacAddress other_;  ///< who has the configured address, if it is taken
};

}  // namespace honeyswitch::agent
