// Where the honeypots are and whether they live.
//
// Time is cut into intervals, for each honeypot its own. At the start of one it is asked: by ARP, and by a
// TCP connection if it has a `check_tcp_port`; at the end it is judged by what was heard. So an interval is
// missed at most once, however late tick() comes: a control thread that was held up puts no honeypot down.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "control/config/numbered.hpp"
#include "control/config/policy.hpp"
#include "control/controller/switch_ids.hpp"
#include "control/honeypots/health_check.hpp"
#include "control/honeypots/probe_frames.hpp"

namespace honeyswitch::control {

/// The honeypots' side of the data plane, as their health sees it.
class HoneypotPort {
  public:
    /// A frame of the controller's own, untagged: the implementation adds the honeypot's VLAN tag and sends
    /// it out of its port. False: no buffer; it is tried again.
    [[nodiscard]] virtual bool send(HoneypotId honeypot, std::span<const std::uint8_t> frame) = 0;
    /// MAC address of the switch's own port towards that honeypot.
    [[nodiscard]] virtual MacAddress own_mac(HoneypotId honeypot) const = 0;
    /// When the data plane last passed a packet of this honeypot on (a reply of a session). nullopt: never.
    [[nodiscard]] virtual std::optional<TimePoint> last_reply(HoneypotId honeypot) const = 0;

  protected:
    ~HoneypotPort() = default;
};

struct HealthOptions {
    Ipv4Address decoy;             ///< every honeypot answers for it, and no host has it
    Milliseconds interval{1'000};  ///< between two questions
    /// In its name ARP and TCP checks ask. 192.0.2.1 (RFC 5737) is nobody's, so that nobody takes the
    /// question for a conflict about an address of its own.
    Ipv4Address probe_source{0xc0000201};
};

struct HoneypotStatus {
    std::optional<MacAddress> mac;  ///< none: not learned yet
    CheckState arp = CheckState::unknown;
    CheckState tcp = CheckState::unknown;  ///< stays so without `check_tcp_port`

    /// In service: new sessions may go there.
    [[nodiscard]] bool up() const { return mac && arp != CheckState::failed && tcp != CheckState::failed; }
};

struct HoneypotChange {
    HoneypotId honeypot{};
    std::optional<MacAddress> mac;  ///< none: not learned yet
    bool up = false;

    friend bool operator==(const HoneypotChange&, const HoneypotChange&) = default;
};

/// Control thread.
class HoneypotHealth {
  public:
    /// Precondition, which the configuration's check sees to: one that has to learn its MAC address is alone
    /// on its port and VLAN. `port` must outlive this.
    HoneypotHealth(HoneypotPort& port, std::span<const Numbered<Honeypot>> honeypots,
                   const HealthOptions& options);

    /// Of a reload. Who has the same name, port, VLAN and MAC address as before keeps its state, whatever its
    /// place and number are now; the others begin anew. `port` must know the new ones already.
    void reconfigure(std::span<const Numbered<Honeypot>> honeypots, const HealthOptions& options);

    /// Where one was before a restart, if its address is learned and nothing is known of it: it counts as up
    /// until it does not answer.
    void restore_mac(HoneypotId honeypot, const MacAddress& mac);

    /// Sends what is due.
    void tick(TimePoint now);

    /// An ARP packet, of whichever operation, came from the honeypots' side. `vlan`: none if it was untagged
    /// or tagged with a priority alone.
    void arp_heard(std::size_t port, std::optional<std::uint16_t> vlan, const MacAddress& sender,
                   Ipv4Address sender_ip);
    /// A TCP segment to probe_source() came from there.
    void tcp_heard(std::size_t port, std::optional<std::uint16_t> vlan, const MacAddress& sender,
                   const TcpSegment& segment);

    /// Honeypots whose MAC address or service has changed since the last call. The first call, and the first
    /// after reconfigure(), names every honeypot.
    [[nodiscard]] std::vector<HoneypotChange> take_changes();
    /// Precondition: it is in the configuration.
    [[nodiscard]] HoneypotStatus status(HoneypotId honeypot) const;

    /// What the honeypots send to this address is an answer to a TCP check.
    [[nodiscard]] Ipv4Address probe_source() const { return options_.probe_source; }

  private:
    struct Interval {
        TimePoint start = TimePoint::min(), end = TimePoint::min();
        bool arp_unsent = false, nameless_arp_unsent = false, syn_unsent = false;
        std::optional<TcpSegment> syn{};  ///< the TCP check that has no answer yet
        bool alive = false;               ///< anything was heard of it
        bool arp_heard = false;

        [[nodiscard]] bool begun() const { return end != TimePoint::min(); }
        [[nodiscard]] bool unsent() const { return arp_unsent || nameless_arp_unsent || (syn && syn_unsent); }
    };
    struct Watch {
        HoneypotId honeypot{};
        Honeypot configured{};
        std::optional<MacAddress> mac{};
        HealthCheck arp{}, tcp{};
        bool arp_silent = false;  ///< through the whole of its latest interval
        /// It was silent once: perhaps it answers no sender to which it has no route (rp_filter of Linux),
        /// and is asked without a sender's address as well.
        bool also_nameless = false;
        Interval interval{};  ///< before the first tick none: it has no end
        std::optional<HoneypotChange> reported{};

        [[nodiscard]] bool learns() const { return !configured.mac; }
        [[nodiscard]] bool on(std::size_t port, std::optional<std::uint16_t> vlan) const {
            return configured.port == port && configured.vlan == vlan;
        }
        [[nodiscard]] HoneypotStatus status() const { return {mac, arp.state(), tcp.state()}; }
    };

    [[nodiscard]] Watch watch_of(const Numbered<Honeypot>& honeypot) const;
    void begin_interval(Watch& watch, TimePoint now);
    void judge(Watch& watch);
    void send_unsent(Watch& watch);
    [[nodiscard]] bool send_arp(const Watch& watch, Ipv4Address sender);
    void close(HoneypotId honeypot, const MacAddress& peer, const TcpSegment& answer);
    void heard_from(Watch& watch);
    [[nodiscard]] bool teaches(const Watch& watch, const MacAddress& sender, Ipv4Address sender_ip) const;
    [[nodiscard]] TcpSegment next_syn(std::uint16_t port);

    HoneypotPort& port_;
    HealthOptions options_;
    std::vector<Watch> watches_;  ///< in the order of the configuration
    TimePoint next_ = TimePoint::min();
    bool changed_ = true;  ///< there may be something to report
    std::random_device random_;
    std::uint16_t probes_ = 0;  ///< begun so far
};

}  // namespace honeyswitch::control
