// What operators see of what attackers do: flows, sessions, and how far they come.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "control/controller/flow_table.hpp"
#include "control/flows/flow.hpp"
#include "control/inspect/table.hpp"
#include "dataplane/tables/progress.hpp"

namespace honeyswitch::control {

/// A VLAN tag of a session's latest packet from outside.
struct TagRow {
    std::uint16_t tpid = 0;
    std::uint16_t vlan = 0;

    static constexpr auto columns() {
        return std::tuple{Column{"tpid", &TagRow::tpid, "0x8100, 0x88a8 or 0x9100."},
                          Column{"vlan", &TagRow::vlan, "VLAN identifier (IEEE 802.1Q)."}};
    }
};

struct SessionRow {
    FlowId flow{};
    SessionStats stats;
    std::string honeypot;                                      ///< its name in the configuration
    dataplane::Step progress = dataplane::Step::first_packet;  ///< the last step that it reached

    [[nodiscard]] SessionName name() const { return {.key = stats.key}; }
    [[nodiscard]] Ipv4Address source() const { return name().source(); }
    [[nodiscard]] Ipv4Address destination() const { return name().destination(); }
    [[nodiscard]] std::string_view kind() const {
        return stats.key.kind == dataplane::KeyKind::ports ? "ports" : "portless";
    }
    [[nodiscard]] std::vector<TagRow> tags() const {
        constexpr unsigned vlan_id = 0xfff;  // IEEE 802.1Q: the rest is priority and drop eligibility
        std::vector<TagRow> tags;
        for (std::size_t i = 0; i < std::min<std::size_t>(stats.path.tag_count, max_vlan_tags); ++i) {
            const VlanTag tag = stats.path.tags.at(i);
            tags.push_back({tag.tpid.host(), static_cast<std::uint16_t>(tag.tci.host() & vlan_id)});
        }
        return tags;
    }

    static constexpr auto key_columns() {
        using Row = SessionRow;
        return std::tuple{
            Column{"flow", [](const Row& row) { return std::to_underlying(row.flow); },
                   "Its place in the table.", Shown{"FLOW", 8}},
            Column{"protocol", [](const Row& row) { return ProtocolNumber{row.stats.key.protocol}; },
                   "IANA number of its protocol.", Shown{"PROTO", 5}},
            Column{"source", &Row::source, "The address outside, the attacker's.", Shown{"SOURCE", 15}},
            Column{"source_port", [](const Row& row) { return row.name().source_port(); },
                   "The port outside, of protocols that have ports.",
                   Shown{.title = "SPORT", .width = 5, .otherwise = "identifier"}, true},
            Column{"identifier", [](const Row& row) { return row.name().identifier(); },
                   "Of ICMP queries, in the place of ports.", Shown{}, true},
            Column{"destination", &Row::destination, "The address of the campus.", Shown{"DESTINATION", 15}},
            Column{"destination_port", [](const Row& row) { return row.name().destination_port(); },
                   "The port that it is for, of protocols that have ports.", Shown{"DPORT", 5}, true},
            Column{"kind", &Row::kind, "Whether its packets have ports, or are later fragments."}};
    }
    static constexpr auto counted_columns() {
        using Row = SessionRow;
        return std::tuple{
            Column{"honeypot", &Row::honeypot, "The honeypot that it goes to.", Shown{"HONEYPOT", 10}},
            Column{"progress", &Row::progress, "The last step that it reached.", Shown{"PROGRESS", 12}},
            Column{"duration_ms", [](const Row& row) { return row.stats.created; }, "Since its first packet.",
                   Shown{"DURATION", 8}},
            Column{"idle_ms", [](const Row& row) { return row.stats.last_seen; }, "Since its last packet.",
                   Shown{"IDLE", 6}},
            Column{"packets_in", [](const Row& row) { return row.stats.packets_in; },
                   "Packets from outside to the honeypot.", Shown{"IN", 9}},
            Column{"bytes_in", [](const Row& row) { return row.stats.bytes_in; },
                   "Bytes of those, without FCS.", Shown{"BYTES IN", 12}},
            Column{"packets_out", [](const Row& row) { return row.stats.packets_out; },
                   "Packets from the honeypot to outside.", Shown{"OUT", 9}},
            Column{"bytes_out", [](const Row& row) { return row.stats.bytes_out; },
                   "Bytes of those, without FCS.", Shown{"BYTES OUT", 12}},
            Column{"source_mac", [](const Row& row) { return MacAddress{row.stats.path.source}; },
                   "Source MAC address of its latest packet from outside."},
            Column{"destination_mac", [](const Row& row) { return MacAddress{row.stats.path.destination}; },
                   "Destination MAC address of that packet."},
            Column{"tags", &Row::tags, "VLAN tags of that packet, the outer one first."}};
    }
    static constexpr auto columns() { return std::tuple_cat(key_columns(), counted_columns()); }
};
using SessionPage = Page<SessionRow>;

/// What the rows of progress are of.
enum class ProgressBy : std::uint8_t { port, network };

/// How many sessions reached each step, in the order of dataplane::Step.
using StepCounts = std::array<std::uint64_t, dataplane::step_count>;

struct ProgressRow {
    ProgressBy by = ProgressBy::port;
    std::uint8_t protocol = 0;  ///< by port: IANA protocol number, TCP or UDP
    std::uint16_t port = 0;     ///< by port: of the destination
    Ipv4Prefix network{};       ///< by network: of the source, a /16
    StepCounts steps{};

    /// One for each step, whose name it has.
    static constexpr auto step_columns(auto steps) {
        return std::tuple{Column{dataplane::step_names[0], [=](const auto& row) { return steps(row)[0]; },
                                 "Sessions that began.", Shown{"FIRST PACKET"}},
                          Column{dataplane::step_names[1], [=](const auto& row) { return steps(row)[1]; },
                                 "Sessions that a honeypot answered.", Shown{"ANSWERED"}},
                          Column{dataplane::step_names[2], [=](const auto& row) { return steps(row)[2]; },
                                 "Sessions of which the attacker went on.", Shown{"HANDSHAKE"}},
                          Column{dataplane::step_names[3], [=](const auto& row) { return steps(row)[3]; },
                                 "Sessions with data from the attacker.", Shown{"PAYLOAD"}}};
    }
    static constexpr auto columns() {
        return std::tuple_cat(
            std::tuple{
                Column{"protocol",
                       [](const ProgressRow& row) { return row.of(ProgressBy::port, row.protocol); },
                       "By port: IANA number of TCP or UDP.", Shown{}, true},
                Column{"port", [](const ProgressRow& row) { return row.of(ProgressBy::port, row.port); },
                       "By port: the port of the destination.", Shown{"PORT"}, true},
                Column{"network",
                       [](const ProgressRow& row) { return row.of(ProgressBy::network, row.network); },
                       "By network: of the source.", Shown{"NETWORK"}, true}},
            step_columns([](const ProgressRow& row) -> const StepCounts& { return row.steps; }));
    }

  private:
    template <typename T>
    [[nodiscard]] std::optional<T> of(ProgressBy wanted, T value) const {
        return by == wanted ? std::optional<T>(value) : std::nullopt;
    }
};

/// The running sessions count too, so they are looked at first: those pages have no rows, but a `next`. Rows
/// follow in any order, and only those of which a session began.
struct ProgressPage {
    std::vector<ProgressRow> rows;
    StepCounts totals{};  ///< of all protocols; complete in the last page
    std::optional<std::uint32_t> next;
};

/// Cursors are whatever the implementation likes: 0 begins, then the `next` of the page before.
class InspectTraffic {
  public:
    /// At most `limit` rows, which may be none before the end.
    [[nodiscard]] virtual SessionPage sessions(std::uint32_t cursor, std::size_t limit,
                                               TimePoint now) const = 0;
    [[nodiscard]] virtual ProgressPage progress(ProgressBy by, std::uint32_t cursor, std::size_t limit,
                                                TimePoint now) const = 0;

  protected:
    InspectTraffic() = default;
    ~InspectTraffic() = default;
    InspectTraffic(const InspectTraffic&) = default;
    InspectTraffic& operator=(const InspectTraffic&) = default;
};

/// The flows are made of other tables, and progress has totals: the socket has a function for each.
inline constexpr std::tuple traffic_tables{
    table_of<Flow>({.name = "flows",
                    .help = "All flows in the words of ovs-ofctl dump-flows",
                    .takes = takes_pages | takes_source | takes_destination | takes_replies}),
    table_of<SessionRow>({.name = "sessions",
                          .help = "Sessions with the honeypots",
                          .takes = takes_pages | takes_source | takes_destination},
                         &InspectTraffic::sessions),
    table_of<ProgressRow>({.name = "progress",
                           .help = "How far attackers come, by port or by network",
                           .takes = takes_pages | takes_by}),
};

}  // namespace honeyswitch::control
