// One broadcast domain: what its ARP traffic and its other vouchers show becomes what is reported of it.
//
// Knows neither sockets nor clocks. One thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/explore/domain_options.hpp"
#include "agent/explore/domain_report.hpp"
#include "agent/explore/host_table.hpp"
#include "agent/explore/mac_census.hpp"
#include "agent/explore/proxy_judge.hpp"
#include "agent/explore/sender.hpp"
#include "agent/explore/sweep.hpp"

namespace honeyswitch::agent {

/// Where a domain's decisions go.
class DomainOutput {
  public:
    virtual ~DomainOutput() = default;
    /// False: it could not be sent.
    [[nodiscard]] virtual bool send(const ArpFrame& frame) = 0;
    /// The report has changed at `address`; `evidence`: when the frame arrived that made it active.
    virtual void changed(Ipv4Address address, std::optional<Clock::time_point> evidence) = 0;
    /// The report's `swept` has changed.
    virtual void swept_changed(const std::string& reason) = 0;
    /// In whose name the agent asks from now on. None: it only listens, for `reason`; `soon`: it is about to
    /// have an address.
    virtual void asks_as(std::optional<Ipv4Address> sender, bool soon, const std::string& reason) = 0;
    virtual void conflict(Ipv4Address address, const MacAddress& one, const MacAddress& other) = 0;
    /// A MAC answers for many addresses, and was found to be a proxy or a host.
    virtual void many_addresses(const ProxyJudge::Finding& finding) = 0;

  protected:
    DomainOutput() = default;
    DomainOutput(const DomainOutput&) = default;
    DomainOutput& operator=(const DomainOutput&) = default;
};

struct DomainCounters {
    std::uint64_t frames = 0;    ///< ARP frames of this domain
    std::uint64_t evidence = 0;  ///< of them, those that showed an address to be active
    std::uint64_t foreign = 0;   ///< addresses outside the prefix
    std::uint64_t invalid = 0;   ///< multicast or zero MAC addresses
    std::uint64_t proxied = 0;   ///< answers of proxies
    std::uint64_t conflicts = 0;
    std::uint64_t requests = 0;  ///< sent
    std::uint64_t unsent = 0;
    std::uint64_t sweeps = 0;         ///< complete
    std::uint64_t sweeps_failed = 0;  ///< incomplete: frames unsent or lost, or too few answers
    std::uint64_t cut_offs = 0;
};

class Domain {
  public:
    /// `output` outlives the domain.
    Domain(DomainOptions options, DomainOutput& output, const Sweep::Random& random);

    /// The interface's own MAC and those of its addresses that lie in the domain.
    void set_own(const MacAddress& mac, const std::vector<Ipv4Address>& addresses);
    void set_link(bool up, Clock::time_point now);
    /// What lease files and static lists say now: each address until when. Replaces what they said before.
    void set_vouchers(std::map<Ipv4Address, Clock::time_point> vouchers, Clock::time_point now);

    /// `frame` arrived on this domain's interface and VLAN at `arrived`.
    void receive(const ArpFrame& frame, Clock::time_point arrived);
    /// Frames may have been missed since the last call: a sweep that is running proves nothing, and suspects
    /// are probed from the beginning.
    void frames_lost(Clock::time_point now);

    void tick(Clock::time_point now);
    [[nodiscard]] Clock::time_point due() const;

    [[nodiscard]] const DomainOptions& options() const { return options_; }
    [[nodiscard]] const DomainReport& report() const { return report_; }
    [[nodiscard]] const DomainCounters& counters() const { return counters_; }
    [[nodiscard]] const HostTable& hosts() const { return hosts_; }
    [[nodiscard]] const ProxyJudge& answers() const { return answers_; }
    [[nodiscard]] bool link() const { return link_; }
    /// In whose name the agent asks; none: it only listens.
    [[nodiscard]] std::optional<Ipv4Address> asks_as() const { return asks_as_; }
    [[nodiscard]] std::optional<Clock::duration> last_sweep() const { return last_sweep_; }

  private:
    void answered(Ipv4Address address, const MacAddress& mac, Clock::time_point arrived);
    void claimed(Ipv4Address address, const MacAddress& mac, Clock::time_point arrived);
    void evidence(Ipv4Address address, const MacAddress& mac, bool own_word, Clock::time_point arrived);
    void follow_sender(Clock::time_point now);
    void set_always(Ipv4Address address, bool always);
    /// Whether a host was heard to probe for the address so lately that it may still be doing so at `time`.
    [[nodiscard]] bool probed_for(Ipv4Address address, Clock::time_point time) const;
    [[nodiscard]] bool request(Ipv4Address target, const MacAddress& destination);
    [[nodiscard]] bool transmit(Ipv4Address target, const MacAddress& destination, Ipv4Address sender);
    void abandon_sweep();
    void sweep(Clock::time_point now);
    void examine(Clock::time_point now);
    void judged(const ProxyJudge::Finding& finding);
    void end_sweep(Clock::time_point now);
    [[nodiscard]] bool plausible();
    void judge(Clock::time_point now);
    void set_swept(bool swept, const std::string& reason);
    void update(Ipv4Address address, std::optional<Clock::time_point> evidence);
    void expire_vouchers(Clock::time_point now);

    /// After so many sweeps without its claims a scanner is taken for a host again.
    static constexpr unsigned claim_memory = 16;

    /// PROBE_WAIT, three times PROBE_MAX and ANNOUNCE_WAIT of RFC 5227, and a second more.
    static constexpr Clock::duration probing_time = std::chrono::seconds(10);

    DomainOptions options_;
    DomainOutput* output_;
    DomainReport report_;
    HostTable hosts_;
    ProxyJudge answers_;  ///< replies, which proxies give for others
    MacCensus claims_;    ///< RFC 5227 probes, which other agents send for all
    std::unordered_map<Ipv4Address, Clock::time_point> probed_for_;  ///< by a host, and when last
    Sender sender_;
    std::optional<Ipv4Address> asks_as_;
    std::optional<Sender::State> told_state_;  ///< when it was last told in whose name the agent asks
    Sweep sweep_;
    std::uint64_t proxied_in_sweep_ = 0;  ///< answers
    bool sweep_over_ = false;             ///< and its end waits for the finding on a MAC with many addresses
    AddressSet always_;
    MacAddress own_mac_;
    std::vector<Ipv4Address> own_;
    std::map<Ipv4Address, Clock::time_point> vouchers_;
    bool link_ = false;
    Clock::time_point sweep_due_{};
    Clock::time_point voucher_due_ = Clock::time_point::max();
    bool thorough_ = true;             ///< retries for all: not swept yet
    std::optional<unsigned> cut_off_;  ///< sweeps that are still needed to believe the contrary
    std::optional<Clock::duration> last_sweep_;
    DomainCounters counters_;
};

}  // namespace honeyswitch::agent
