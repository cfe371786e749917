// The flow table of the paper's section 3.4, in the words of `ovs-ofctl dump-flows`.
//
// The switch has no such table: its sessions, active addresses and domains are tables of their own. A flow
// here is how OpenFlow would say what an entry of them does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/honeyctl/source.hpp"

namespace honeyswitch::honeyctl {

struct Flow {
    unsigned priority = 0;
    std::uint64_t cookie = 0;  ///< of a session: its flow number, as in `honeyctl sessions`
    std::string match;         ///< without the priority: "tcp,in_port=outside,nw_src=…"
    std::string actions;
    std::int64_t duration_ms = 0;
    std::optional<std::int64_t> idle_timeout_ms, idle_ms;  ///< sessions alone
    std::optional<std::uint64_t> packets, bytes;           ///< sessions alone: others are counted together
};

/// One line of ovs-ofctl(8), with its newline.
[[nodiscard]] std::string to_text(const Flow& flow);
[[nodiscard]] Json to_json(const Flow& flow);

/// What all flows need to know of the switch: a row of the command "stats".
struct Defaults {
    explicit Defaults(const Json& stats);
    /// "mod_dl_dst:02:00:00:00:00:66,push_vlan:0x8100,mod_vlan_vid:12,output:honeypot": what is known of its
    /// MAC address, and its VLAN if it has one.
    [[nodiscard]] std::string to_honeypot(const std::string& name) const;
    /// The port that the honeypot of this name is behind: "honeypot2".
    [[nodiscard]] std::string port_of(const std::string& name) const;

    Json honeypots;
    std::vector<std::string> honeypot_ports;            ///< "honeypot", "honeypot2", …; at least one
    std::map<std::string, std::string> port_of_device;  ///< "dev:eth3": "honeypot2"
    std::int64_t uptime_ms;
    std::int64_t idle_timeout_ms;
    bool open;  ///< the honeypot's containment

  private:
    [[nodiscard]] const Json* honeypot(const std::string& name) const;  ///< its row; null: there is none
};

[[nodiscard]] Flow default_flow(const Defaults& defaults, std::string_view in_port);
/// From a row of the command "domains". An unknown domain has a flow only if it lies within a known one,
/// whose flow must not count for it.
[[nodiscard]] std::optional<Flow> domain_flow(const Json& row, bool within_known);
[[nodiscard]] Flow active_flow(const Json& row);
/// From a row of the command "sessions": outside → honeypot, and the way back.
[[nodiscard]] Flow session_flow(const Defaults& defaults, const Json& row);
[[nodiscard]] Flow reply_flow(const Defaults& defaults, const Json& row);

}  // namespace honeyswitch::honeyctl
