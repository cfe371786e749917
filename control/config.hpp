// The configuration, validated: what is in a Config can be used as it is.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "control/domain_reports.hpp"
#include "control/error.hpp"

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

/// How `dev:` ports reach the kernel's interface.
enum class KernelIo : std::uint8_t { af_xdp, af_packet };

/// What else than its sessions' replies may leave the honeypot.
enum class Containment : std::uint8_t {
    session,  ///< nothing
    open,     ///< everything, as in the paper
};

struct Honeypot {
    std::string name;
    std::optional<MacAddress> mac;  ///< none: learned by ARP on the honeypot port
};

struct Agent {
    std::string name;
    std::filesystem::path key_file;
    std::array<std::uint8_t, 32> key{};  ///< read from key_file
    std::vector<Ipv4Prefix> grants;      ///< it may speak for these and for prefixes within them
};

struct Config {
    PortSpec outside, inside, honeypot_port;
    KernelIo kernel_io = KernelIo::af_xdp;

    unsigned workers = 1;
    std::string lcores;  ///< CPU list, control thread first, then workers; empty: 0,1,2,…
    bool no_huge = false;
    std::optional<std::uint32_t> idle_sleep_us;  ///< none: 0 with PCI ports only, 50 otherwise
    std::vector<std::filesystem::path> drivers;  ///< shared objects with further DPDK drivers

    std::uint32_t session_capacity = 1'000'000;
    std::uint32_t address_capacity = 1U << 20;  ///< addresses of all domains together
    std::uint32_t domain_capacity = 1024;
    std::uint32_t sighting_capacity = 4096;
    std::uint32_t mbufs = 65'536;

    Milliseconds idle_timeout{60'000};
    Milliseconds agent_timeout{15'000};  ///< silence after which a domain becomes unknown
    Milliseconds sighting_lifetime{600'000};
    Milliseconds heartbeat_timeout{1'000};  ///< a worker that sees none for this long fails open

    Containment containment = Containment::session;
    std::vector<Honeypot> honeypots;  ///< one, today

    std::string listen_address = "0.0.0.0";  ///< for notices
    std::uint16_t listen_port = 6466;
    std::vector<Agent> agents;

    std::vector<Ipv4Prefix> static_active;
    std::vector<Ipv4Prefix> dark;  ///< known domains that need no agent

    std::filesystem::path control_socket = "/run/honeyswitch/control.sock";
    std::string log_level = "info";
};

}  // namespace honeyswitch::control
