// What an operator may see of the running system. Read on the control thread; large tables are read a page at
// a time, so that no listing holds up a decision.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config/config.hpp"
#include "control/controller/domain_table.hpp"
#include "control/controller/flow_table.hpp"
#include "dataplane/tables/progress.hpp"

namespace honeyswitch::control {

struct SessionRow {
    FlowId flow{};
    SessionStats stats;
    std::string honeypot;                                      ///< its name in the configuration
    dataplane::Step progress = dataplane::Step::first_packet;  ///< the last step that it reached
};

struct SessionPage {
    std::vector<SessionRow> rows;
    std::optional<std::uint32_t> next;  ///< cursor of the next page; none at the end
};

struct ActiveRow {
    Ipv4Address address;
    std::vector<std::string> vouchers;  ///< who says so: "agent:NAME", "sighting", "static"
    TimePoint since;
};

struct ActivePage {
    std::vector<ActiveRow> rows;
    std::optional<Ipv4Address> next;
};

struct DomainRow {
    Ipv4Prefix prefix;
    DomainState state = DomainState::unknown;
    std::vector<std::string> agents;  ///< names of those that watch it now
    std::uint32_t active = 0;         ///< active addresses in it
    std::uint32_t sessions = 0;
    TimePoint since;  ///< of the state
};

struct DomainPage {
    std::vector<DomainRow> rows;
    std::optional<Ipv4Address> next;  ///< where the following page begins
};

struct AgentRow {
    std::string name;
    bool connected = false;
    std::string endpoint;  ///< "192.0.2.1:40000" of its last authenticated notice; empty before
    std::vector<Ipv4Prefix> domains;
    std::optional<TimePoint> last_heard;
    std::uint64_t notices = 0;  ///< accepted
    std::uint64_t refused = 0;  ///< forged, replayed, malformed or out of grant
};

struct CounterRow {
    std::string name;  ///< as in metrics and documentation: "outside_to_inside_active"
    std::string help;  ///< one sentence
    std::uint64_t value = 0;
    std::string unit = "notices";  ///< in the plural
    std::string fate = "none";     ///< what it says of packets (base/counter_info.hpp)
};

struct PortRow {
    std::string name;    ///< "outside", "inside", "honeypot"
    std::string device;  ///< as on the command line
    std::string driver;
    bool link_up = false;
    std::uint64_t rx_packets = 0, rx_bytes = 0;
    /// Lost on the way in, each frame under one reason (dataplane::PortStatistics).
    std::uint64_t rx_missed = 0, rx_no_buffer = 0, rx_too_long = 0, rx_errors = 0, rx_dropped = 0;
    std::uint64_t tx_packets = 0, tx_bytes = 0;
    std::uint64_t tx_dropped = 0;  ///< the transmit queue stayed full
    std::uint64_t tx_lost = 0;     ///< behind it
};

enum class HoneypotState : std::uint8_t {
    unknown,  ///< not checked yet, or nothing checks it
    up,
    down,
};

struct HoneypotRow {
    std::string name;
    std::optional<MacAddress> mac = std::nullopt;  ///< none: not learned yet
    std::string pool{};
    std::string port{};                                ///< as on the command line: "dev:eth2"
    std::optional<std::uint16_t> vlan = std::nullopt;  ///< none: untagged
    unsigned weight = 1;
    HoneypotState state = HoneypotState::unknown;
    std::uint32_t sessions = 0;
};

struct PoolRow {
    std::string name;
    Affinity affinity = Affinity::source;
    std::uint32_t honeypots_up = 0, honeypots = 0;
    std::uint32_t sessions = 0;
};

/// In the order of the configuration, which is that in which they are tried.
struct RuleRow {
    std::string name;
    Rule::Action action = Rule::Action::inside;
    std::string pool{};         ///< empty: the action has none
    std::uint64_t packets = 0;  ///< that it decided
};

struct RulePage {
    std::vector<RuleRow> rows;
    std::optional<std::uint32_t> next;
};

struct ListRow {
    std::string name;
    SourceList::Kind kind = SourceList::Kind::attacker;
    std::string file{};  ///< empty: none
    std::uint32_t entries = 0;
};

/// A log of sshd that is followed.
struct LogRow {
    std::string file, list;
    std::string trouble{};    ///< why it is not followed; empty: it is
    std::uint64_t lines = 0;  ///< read
    std::uint64_t of_sshd = 0, failures = 0;
    std::uint64_t listed = 0;  ///< sources that went on the list for it
};

struct ListEntryRow {
    std::string list;
    Ipv4Prefix prefix;
    std::vector<std::string> origins;       ///< who put it there: "file", "operator", "auth_log"
    std::optional<Milliseconds> remaining;  ///< until the last of them lapses; none: it stays
};

struct ListEntryPage {
    std::vector<ListEntryRow> rows;  ///< the entries of a list need not be together
    std::optional<std::uint32_t> next;
};

/// What the rows of a report are of.
enum class ReportBy : std::uint8_t { port, network };

/// How many sessions reached each step, in the order of dataplane::Step.
using StepCounts = std::array<std::uint64_t, dataplane::step_count>;

struct ReportRow {
    ReportBy by = ReportBy::port;
    std::uint8_t protocol = 0;  ///< by port: IANA protocol number, TCP or UDP
    std::uint16_t port = 0;     ///< by port: of the destination
    Ipv4Prefix network{};       ///< by network: of the source, a /16
    StepCounts steps{};
};

/// The running sessions count too, so they are looked at first: those pages have no rows, but a `next`. Rows
/// follow in any order, and only those of which a session began.
struct ReportPage {
    std::vector<ReportRow> rows;
    StepCounts totals{};  ///< of all protocols; complete in the last page
    std::optional<std::uint32_t> next;
};

struct Stats {
    TimePoint now;
    TimePoint started;
    std::uint32_t sessions = 0, session_capacity = 0;
    std::uint32_t active = 0;
    std::uint32_t sightings = 0, sighting_capacity = 0;
    std::vector<CounterRow> counters;
    std::vector<PortRow> ports;
    std::vector<HoneypotRow> honeypots;
    Containment containment = Containment::session;
    Admission admission = Admission::automatic;         ///< as configured
    bool handshake_now = false;                         ///< a session now begins with a handshake alone
    std::uint32_t high_water = 0, low_water = 0;        ///< sessions
    std::uint32_t pending_capacity = 0;                 ///< flows diverted without a session
    std::uint32_t listed = 0, listed_capacity = 0;      ///< sources on lists or moved by a tier
    std::uint32_t histories = 0, history_capacity = 0;  ///< sources that tiers remember
};

class Inspect {
  public:
    virtual ~Inspect() = default;

    [[nodiscard]] virtual Stats stats(TimePoint now) const = 0;
    /// From cursor 0; at most `limit` rows, which may be none before the end.
    [[nodiscard]] virtual SessionPage sessions(std::uint32_t cursor, std::size_t limit,
                                               TimePoint now) const = 0;
    /// In order of address, from `from` on.
    [[nodiscard]] virtual ActivePage active(Ipv4Address from, std::size_t limit) const = 0;
    /// In order of prefix, from the network address `from` on. A page ends after `limit` rows, and those that
    /// have the same network address as its last one.
    [[nodiscard]] virtual DomainPage domains(Ipv4Address from, std::size_t limit) const = 0;
    /// Those that `prefix` lies in, without itself, the shortest first: at most 32.
    [[nodiscard]] virtual std::vector<DomainRow> domains_around(Ipv4Prefix prefix) const = 0;
    [[nodiscard]] virtual std::vector<AgentRow> agents() const = 0;
    [[nodiscard]] virtual std::vector<HoneypotRow> honeypots() const = 0;
    /// The ports, without what is counted there: that takes longer.
    [[nodiscard]] virtual std::vector<PortRow> port_names() const = 0;
    [[nodiscard]] virtual std::vector<PoolRow> pools() const = 0;
    [[nodiscard]] virtual std::vector<ListRow> lists() const = 0;
    [[nodiscard]] virtual std::vector<LogRow> logs() const = 0;
    /// Cursors are whatever the implementation likes: 0 begins, then the `next` of the page before. As with
    /// sessions(), a page may have no rows before the end.
    [[nodiscard]] virtual RulePage rules(std::uint32_t cursor, std::size_t limit) const = 0;
    [[nodiscard]] virtual ListEntryPage list_entries(std::uint32_t cursor, std::size_t limit,
                                                     TimePoint now) const = 0;
    [[nodiscard]] virtual ReportPage report(ReportBy by, std::uint32_t cursor, std::size_t limit,
                                            TimePoint now) const = 0;
    [[nodiscard]] virtual Milliseconds idle_timeout() const = 0;

  protected:
    Inspect() = default;
    Inspect(const Inspect&) = default;
    Inspect& operator=(const Inspect&) = default;
};

}  // namespace honeyswitch::control
