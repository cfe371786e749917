// What the operator wants done with packets: pools of honeypots, rules, lists of sources, tiers, containment.
// Parts of the configuration (config.hpp), validated.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "dataplane/tables/pool_table.hpp"

namespace honeyswitch::control {

/// What else than its sessions' replies may leave the honeypots.
enum class Containment : std::uint8_t {
    session,  ///< nothing
    limited,  ///< new flows to `containment_allow`, at a rate
    open,     ///< everything, as in the paper
};

/// How a session begins.
enum class Admission : std::uint8_t {
    /// first_packet below the high-water mark of the session table, then handshake until it is below the low
    /// one.
    automatic,
    first_packet,  ///< the paper's rule: with the first packet of any kind
    handshake,     ///< with the first packet that follows an answer of the honeypot
};

/// What becomes of packets that can only be an answer to a forged source: SYN-ACK, RST, ICMP errors and
/// replies.
enum class Backscatter : std::uint8_t { drop, honeypot };

/// What becomes of a port of the link when its partner has lost its own link.
enum class LinkMode : std::uint8_t {
    hub,      ///< nothing
    breaker,  ///< it is taken down, until an operator says otherwise
    wire,     ///< it follows
};

/// Which part of a session's addresses chooses its honeypot within a pool.
using dataplane::Affinity;

/// Honeypots among which sessions are spread.
struct Pool {
    /// What becomes of its packets while no honeypot of it is up.
    enum class WhenNone : std::uint8_t { inside, drop };
    /// What becomes of the running sessions of a honeypot that went down.
    enum class OnFailure : std::uint8_t { stay, move };

    std::string name;
    Affinity affinity = Affinity::source;
    WhenNone when_none = WhenNone::inside;
    OnFailure on_failure = OnFailure::move;
};

struct Honeypot {
    std::string name;
    std::optional<MacAddress> mac;                ///< none: learned by ARP on its port and VLAN
    std::optional<std::uint16_t> vlan;            ///< IEEE 802.1Q VLAN identifier, 1 to 4094; none: untagged
    std::size_t port = 0;                         ///< index in Config::honeypot_ports
    std::size_t pool = 0;                         ///< index in Config::pools
    unsigned weight = 1;                          ///< its share of the pool's sessions, 1 to 100
    bool watched = true;                          ///< false: it is up, whether it answers ARP or not
    std::optional<std::uint16_t> check_tcp_port;  ///< it is up only while it accepts connections here
};

/// Destination ports, both ends included.
struct PortRange {
    std::uint16_t first = 0, last = 65'535;
    friend bool operator==(PortRange, PortRange) = default;
};

/// The operator's policy. Of `inside`, `drop` and `divert` the first rule that matches a packet decides; of
/// `pool`, the first that matches chooses the pool of what is diverted.
struct Rule {
    enum class Action : std::uint8_t {
        inside,  ///< never diverted
        drop,
        divert,  ///< to a honeypot, even if the destination is active (a decoy)
        pool,    ///< if it is diverted anyway: to a honeypot of this pool
    };
    std::string name;
    std::vector<Ipv4Prefix> sources, destinations;  ///< empty: any
    std::optional<std::uint8_t> protocol;           ///< IANA protocol number; none: any
    std::vector<PortRange> ports;                   ///< empty: any; only with TCP, UDP and SCTP
    Action action = Action::inside;
    std::optional<std::size_t> pool;  ///< index in Config::pools; of `pool` and `divert`; none: the first one
};

/// Sources outside whose packets are diverted wherever they go, or never.
struct SourceList {
    enum class Kind : std::uint8_t {
        attacker,  ///< diverted wherever they go
        benign,    ///< never diverted
    };
    std::string name;
    Kind kind = Kind::attacker;
    std::filesystem::path file;            ///< watched for changes; empty: none
    std::optional<std::uint8_t> protocol;  ///< only packets of this protocol; none: any
    std::vector<PortRange> ports;          ///< only packets to these; empty: any
    std::optional<std::size_t> pool;       ///< of attackers
};

/// A log of sshd that is followed: a source that fails often goes on a list.
struct AuthLog {
    std::filesystem::path file;
    std::size_t list = 0;  ///< index in Config::lists
    unsigned failures = 5;
    Milliseconds window{600'000};
    Milliseconds lifetime{86'400'000};  ///< of its entry in the list
};

/// New sessions of a source go from one pool to another once its reputation says so: any of the numbers
/// reached within `window`.
struct Tier {
    std::size_t from = 0, to = 0;  ///< indices in Config::pools
    std::optional<std::uint32_t> sessions, destinations, payload_sessions;
    Milliseconds window{3'600'000};

    friend bool operator==(const Tier&, const Tier&) = default;
};

/// Where a honeypot may open flows to, with `limited` containment.
struct AllowedFlow {
    std::uint8_t protocol = 17;  ///< IANA protocol number
    PortRange ports;             ///< of the destination
    Ipv4Prefix destination;
};

/// Per second; 0: no cap.
struct ReplyCaps {
    std::uint32_t packets_per_source = 1'000;
    std::uint32_t bytes_per_source = 1'000'000;
    std::uint32_t packets_per_honeypot = 0;
    std::uint32_t bytes_per_honeypot = 0;
};

}  // namespace honeyswitch::control
