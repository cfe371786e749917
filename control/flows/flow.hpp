// The flow table of the paper's section 3.4, in OpenFlow's terms.
//
// The switch has no such table: its sessions, active addresses and domains are tables of their own. A flow
// here is how OpenFlow would say what an entry of them does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "base/address.hpp"
#include "base/clock.hpp"
#include "base/columns.hpp"

namespace honeyswitch::control {

/// What a packet must be for a flow to decide about it; what is not set may be anything.
struct FlowMatch {
    std::string in_port{};  ///< "outside", "inside", "honeypot", "honeypot2", …
    bool ipv4 = false;
    std::optional<std::uint8_t> protocol = std::nullopt;  ///< IANA number
    std::optional<Ipv4Prefix> source = std::nullopt, destination = std::nullopt;
    std::optional<std::uint16_t> source_port = std::nullopt, destination_port = std::nullopt;
    std::optional<std::uint16_t> identifier = std::nullopt;  ///< of an ICMP query (RFC 792)
    bool later_fragment = false;                             ///< of a datagram whose first fragment has ports
};

struct SetSourceMac {
    MacAddress mac;
};
struct SetDestinationMac {
    MacAddress mac;
};
struct PushVlan {
    std::uint16_t tpid = 0;  ///< 0x8100, 0x88a8
    std::uint16_t vlan = 0;  ///< 1 to 4094
};
struct Output {
    std::string port;
};
/// A Packet-In, with the whole packet.
struct ToController {};
struct DropIt {};
using FlowAction = std::variant<SetSourceMac, SetDestinationMac, PushVlan, Output, ToController, DropIt>;

/// What is counted for a flow; of sessions alone, as others are counted together.
struct FlowCounts {
    std::uint64_t packets = 0, bytes = 0;
};

/// In the words of ovs-ofctl(8), without the priority: "tcp,in_port=outside,nw_src=198.51.100.7,…". What Open
/// vSwitch lacks is written in the same manner: icmp_id, the identifier of an ICMP query.
[[nodiscard]] std::string text_of(const FlowMatch& match);
/// "mod_dl_dst:02:00:00:00:00:66,output:honeypot"
[[nodiscard]] std::string text_of(const std::vector<FlowAction>& actions);

struct Flow {
    unsigned priority = 0;
    std::uint64_t cookie = 0;  ///< of a session: its flow number, as in `honeyctl sessions`
    FlowMatch match{};
    std::vector<FlowAction> actions{};  ///< in the order in which they are done
    std::optional<FlowCounts> counts = std::nullopt;
    Milliseconds duration{};                                                       ///< since it was added
    std::optional<Milliseconds> idle_timeout = std::nullopt, idle = std::nullopt;  ///< of sessions alone

    static constexpr auto columns() {
        return std::tuple{
            Column{"priority", &Flow::priority, "The higher one decides."},
            Column{"cookie", &Flow::cookie, "Of a session: its flow number."},
            Column{"match", [](const Flow& flow) { return text_of(flow.match); },
                   "What a packet must be, in the words of ovs-ofctl."},
            Column{"actions", [](const Flow& flow) { return text_of(flow.actions); },
                   "What is done with it, in the same words."},
            Column{"duration_ms", &Flow::duration, "Since it was added."},
            Column{"idle_timeout_ms", &Flow::idle_timeout,
                   "Of sessions: they end when they are idle so long."},
            Column{"idle_ms", &Flow::idle, "Of sessions: since the last packet."},
            Column{"n_packets", [](const Flow& flow) { return flow.of_counts(&FlowCounts::packets); },
                   "Of sessions: packets."},
            Column{"n_bytes", [](const Flow& flow) { return flow.of_counts(&FlowCounts::bytes); },
                   "Of sessions: bytes of those."}};
    }

  private:
    [[nodiscard]] std::optional<std::uint64_t> of_counts(std::uint64_t FlowCounts::* number) const {
        return counts ? std::optional((*counts).*number) : std::nullopt;
    }
};

}  // namespace honeyswitch::control
