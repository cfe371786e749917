// What operators see of the campus: its addresses, its domains, and the agents that report them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "control/controller/domain_table.hpp"
#include "control/inspect/table.hpp"

namespace honeyswitch::control {

struct ActiveRow {
    Ipv4Address address;
    std::vector<std::string> vouchers;  ///< who says so: "agent:NAME", "sighting", "static"
    TimePoint since;

    [[nodiscard]] Ipv4Address destination() const { return address; }

    static constexpr auto columns() {
        return std::tuple{
            Column{"address", &ActiveRow::address, "The address.", Shown{"ADDRESS", 15}},
            Column{"duration_ms", &ActiveRow::since, "For how long it has been active.",
                   Shown{"DURATION", 8}},
            Column{"vouchers", &ActiveRow::vouchers, "Who says so.", Shown{"VOUCHERS"}},
        };
    }
};
using ActivePage = Page<ActiveRow, Ipv4Address>;

struct DomainRow {
    Ipv4Prefix prefix;
    DomainState state = DomainState::unknown;
    std::vector<std::string> agents;  ///< names of those that watch it now
    std::uint32_t active = 0;         ///< active addresses in it
    std::uint32_t sessions = 0;
    TimePoint since;  ///< of the state

    [[nodiscard]] Ipv4Prefix destination() const { return prefix; }

    static constexpr auto columns() {
        return std::tuple{
            Column{"prefix", &DomainRow::prefix, "Its prefix.", Shown{"PREFIX"}},
            Column{"state", &DomainRow::state, "What is known of it.", Shown{"STATE"}},
            Column{"active", &DomainRow::active, "Active addresses in it.", Shown{"ACTIVE"}},
            Column{"sessions", &DomainRow::sessions, "Sessions with addresses in it.", Shown{"SESSIONS"}},
            Column{"duration_ms", &DomainRow::since, "For how long it has had this state.",
                   Shown{"DURATION"}},
            Column{"agents", &DomainRow::agents, "The agents that watch it now.", Shown{"AGENTS"}},
        };
    }
};
using DomainPage = Page<DomainRow, Ipv4Address>;

struct AgentRow {
    std::string name;
    bool connected = false;
    std::string endpoint;  ///< "192.0.2.1:40000" of its last authenticated notice; empty before
    std::vector<Ipv4Prefix> domains;
    std::optional<TimePoint> last_heard;
    std::uint64_t notices = 0;  ///< accepted
    std::uint64_t refused = 0;  ///< forged, replayed, malformed or out of grant

    static constexpr auto columns() {
        return std::tuple{
            Column{"name", &AgentRow::name, "Its name in the configuration.", Shown{"NAME"}},
            Column{"connected", &AgentRow::connected, "Whether it is heard.", Shown{"CONNECTED"}},
            Column{"endpoint", &AgentRow::endpoint, "Address and UDP port of its last good notice.",
                   Shown{"ENDPOINT"}},
            Column{"silent_ms", &AgentRow::last_heard, "Since its last good notice; null: never heard.",
                   Shown{"SILENT"}},
            Column{"notices", &AgentRow::notices, "Notices that were accepted.", Shown{"NOTICES"}},
            Column{"refused", &AgentRow::refused, "Notices that were refused.", Shown{"REFUSED"}},
            Column{"domains", &AgentRow::domains, "The domains that it watches.", Shown{"DOMAINS"}},
        };
    }
};

class InspectCampus {
  public:
    /// From `from` on.
    [[nodiscard]] virtual ActivePage active(Ipv4Address from, std::size_t limit) const = 0;
    /// By prefix, from the network address `from` on. A page ends after `limit` rows, and those that have the
    /// same network address as its last one.
    [[nodiscard]] virtual DomainPage domains(Ipv4Address from, std::size_t limit) const = 0;
    /// Those that `prefix` lies in, without itself, the shortest first: at most 32.
    [[nodiscard]] virtual std::vector<DomainRow> domains_around(Ipv4Prefix prefix) const = 0;
    [[nodiscard]] virtual std::vector<AgentRow> agents() const = 0;

  protected:
    InspectCampus() = default;
    ~InspectCampus() = default;
    InspectCampus(const InspectCampus&) = default;
    InspectCampus& operator=(const InspectCampus&) = default;
};

inline constexpr std::tuple campus_tables{
    table_of<ActiveRow>({.name = "active",
                         .help = "Active addresses, and who vouches for them",
                         .takes = takes_pages | takes_destination},
                        &InspectCampus::active),
    table_of<DomainRow>({.name = "domains",
                         .help = "Broadcast domains and dark prefixes",
                         .takes = takes_pages | takes_destination},
                        &InspectCampus::domains, &InspectCampus::domains_around),
    table_of<AgentRow>({.name = "agents", .help = "Agents of the configuration"}, &InspectCampus::agents),
};

}  // namespace honeyswitch::control
