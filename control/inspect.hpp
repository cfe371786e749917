// What an operator may see of the running system. Read on the control thread; large tables are read a page at
// a time, so that no listing holds up a decision.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/config.hpp"
#include "control/switch.hpp"

namespace honeyswitch::control {

struct SessionRow {
    FlowId flow{};
    SessionStats stats;
    std::string honeypot;  ///< its name in the configuration
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

enum class DomainState : std::uint8_t { unknown, known, dark };

struct DomainRow {
    Ipv4Prefix prefix;
    DomainState state = DomainState::unknown;
    std::vector<std::string> agents;  ///< names of those that watch it now
    std::uint32_t active = 0;         ///< active addresses in it
    std::uint32_t sessions = 0;
    TimePoint since;  ///< of the state
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
};

struct PortRow {
    std::string name;    ///< "outside", "inside", "honeypot"
    std::string device;  ///< as on the command line
    std::string driver;
    bool link_up = false;
    std::uint64_t rx_packets = 0, rx_bytes = 0, rx_missed = 0, rx_no_buffer = 0;
    std::uint64_t tx_packets = 0, tx_bytes = 0, tx_dropped = 0;
};

struct HoneypotRow {
    std::string name;
    std::optional<MacAddress> mac;  ///< none: not learned yet
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
};

class Inspect {
  public:
    virtual ~Inspect() = default;

    [[nodiscard]] virtual Stats stats() const = 0;
    /// From cursor 0; at most `limit` rows, which may be none before the end.
    [[nodiscard]] virtual SessionPage sessions(std::uint32_t cursor, std::size_t limit) const = 0;
    /// In order of address, from `from` on.
    [[nodiscard]] virtual ActivePage active(Ipv4Address from, std::size_t limit) const = 0;
    [[nodiscard]] virtual std::vector<DomainRow> domains() const = 0;
    [[nodiscard]] virtual std::vector<AgentRow> agents() const = 0;
    [[nodiscard]] virtual Milliseconds idle_timeout() const = 0;

  protected:
    Inspect() = default;
    Inspect(const Inspect&) = default;
    Inspect& operator=(const Inspect&) = default;
};

}  // namespace honeyswitch::control
