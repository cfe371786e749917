// The configuration, validated: what is in a Config can be used as it is.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "control/config/policy.hpp"

namespace honeyswitch::control {

/// PORT on the command line.
struct PortSpec {
    enum class Kind : std::uint8_t {
        pci,     ///< "0000:03:00.0"
        kernel,  ///< "dev:eth0": AF_XDP, or AF_PACKET
        vdev,    ///< "vdev:net_pcap0,rx_pcap=in.pcap": any DPDK virtual device
    };
    Kind kind = Kind::pci;
    std::string device;  ///< PCI address, interface name, or vdev arguments
    std::string text;    ///< as written
};

/// A cable that is led through the switch: what comes in by one of its ports leaves by the other. Or a
/// mirror: a port that gets copies of what passes elsewhere, in both directions, and out of which nothing
/// goes.
struct Link {
    std::string name;
    PortSpec outside, inside;  ///< without a device if it is a mirror
    PortSpec mirror{};         ///< without a device unless it is one

    [[nodiscard]] bool is_mirror() const { return !mirror.device.empty(); }
};

/// How `dev:` ports reach the kernel's interface.
enum class KernelIo : std::uint8_t { af_xdp, af_packet };

/// Whether packets from outside are diverted.
enum class DiversionMode : std::uint8_t {
    divert,
    observe,  ///< everything passes, and is decided, counted and recorded as it would be
};

struct Agent {
    std::string name;
    std::filesystem::path key_file;
    std::array<std::uint8_t, 32> key{};  ///< read from key_file
    std::vector<Ipv4Prefix> grants;      ///< it may speak for these and for prefixes within them
};

struct Config {
    PortSpec outside, inside;  ///< the short form of a single link; without a device if there are records
    std::vector<Link> links;   ///< of records, up to limits::links: see links_of and mirrors_of
    std::vector<PortSpec> honeypot_ports;  ///< 1 to limits::honeypot_ports
    KernelIo kernel_io = KernelIo::af_xdp;
    /// Of the link. None: the default, which a device need not have.
    std::optional<std::uint32_t> mtu;
    std::optional<std::uint32_t> honeypot_mtu;  ///< of honeypots' ports; none: that of the link
    LinkMode link_state = LinkMode::hub;
    Milliseconds link_state_wait{1'000};  ///< a link is lost, or back, when it was so for as long

    unsigned workers = 1;
    std::string lcores;  ///< CPU list, control thread first, then workers; empty: 0,1,2,…
    bool no_huge = false;
    std::optional<std::uint32_t> idle_sleep_us;  ///< none: 0 with PCI ports only, 50 otherwise
    std::vector<std::filesystem::path> drivers;  ///< shared objects with further DPDK drivers
    std::string log_level = "info";

    std::uint32_t session_capacity = 1'000'000;
    std::uint32_t address_capacity = 1U << 20;  ///< addresses of all domains together
    std::uint32_t domain_capacity = 1024;
    std::uint32_t sighting_capacity = 4096;
    std::uint32_t mbufs = 65'536;
    std::uint32_t pending_capacity = 1'048'576;   ///< flows diverted without a session that may be answered
    std::uint32_t source_capacity = 131'072;      ///< sources on lists, and sources that a tier has moved
    std::uint32_t reputation_capacity = 262'144;  ///< sources whose reputation tiers remember

    Milliseconds idle_timeout{60'000};
    /// For how long a session that TCP does not end outlives that its address became active.
    Milliseconds outlive_timeout{60'000};
    Milliseconds agent_timeout{15'000};  ///< silence after which a domain becomes unknown
    Milliseconds sighting_lifetime{600'000};
    Milliseconds heartbeat_timeout{1'000};  ///< a worker that sees none for this long fails open
    Milliseconds health_interval{1'000};    ///< between two checks of a honeypot; it is down after three

    Admission admission = Admission::automatic;
    unsigned high_water = 80;  ///< percent of session_capacity
    unsigned low_water = 60;
    Backscatter backscatter = Backscatter::drop;

    Containment containment = Containment::session;
    std::vector<AllowedFlow> containment_allow;
    std::uint32_t containment_rate = 10;  ///< new flows a second of each honeypot, with `limited`
    ReplyCaps reply_caps;
    /// Besides grants, dark prefixes and active addresses: nothing of a honeypot goes there.
    std::vector<Ipv4Prefix> campus;

    std::vector<Pool> pools;          ///< at least one; the first is the default
    std::vector<Honeypot> honeypots;  ///< at least one
    std::vector<Rule> rules;
    std::vector<SourceList> lists;
    std::vector<AuthLog> auth_logs;
    std::vector<Tier> tiers;

    std::string listen_address = "0.0.0.0";  ///< for notices
    std::uint16_t listen_port = 6466;
    std::vector<Agent> agents;

    DiversionMode diversion = DiversionMode::divert;
    std::vector<Ipv4Prefix> static_active;
    std::vector<Ipv4Prefix> dark;  ///< known domains that need no agent

    /// Where what outlives a restart is kept; empty: where systemd says.
    std::filesystem::path state_folder;
    Milliseconds save_interval{10'000};  ///< between two savings of sessions; 0: none are kept

    std::filesystem::path control_socket = "/run/honeyswitch/control.sock";
    std::string control_group;  ///< may change something; empty: nobody but root
    std::string read_group;     ///< may read
};

}  // namespace honeyswitch::control
