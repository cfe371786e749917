// What operators see of the switch as a whole: its counters, its ports, how full its tables are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "control/inspect/diversion_state.hpp"
#include "control/inspect/policy_tables.hpp"
#include "control/inspect/table.hpp"

namespace honeyswitch::control {

struct CounterRow {
    std::string name;  ///< as in metrics and documentation: "outside_to_inside_active"
    std::string help;  ///< one sentence
    std::uint64_t value = 0;
    std::string unit = "notices";  ///< in the plural
    std::string fate = "none";     ///< what it says of packets (base/counter_info.hpp)

    static constexpr auto columns() {
        return std::tuple{
            Column{"name", &CounterRow::name, "Its name.", Shown{"COUNTER"}},
            Column{"value", &CounterRow::value, "Since the start.", Shown{"VALUE"}},
            Column{"help", &CounterRow::help, "What it counts.", Shown{"MEANING"}},
            Column{"unit", &CounterRow::unit, "Of what it counts, in the plural."},
            Column{"fate", &CounterRow::fate, "What it says of packets."},
        };
    }
};

struct PortRow {
    std::string name;    ///< "outside", "inside", "honeypot"
    std::string link;    ///< that it is a port of; empty: it is one of honeypots
    std::string device;  ///< as on the command line
    std::string driver;
    bool link_up = false;
    bool held = false;
    std::uint32_t mtu = 0;  ///< as `[ports] mtu` counts it
    std::uint64_t rx_packets = 0, rx_bytes = 0;
    /// Lost on the way in, each frame under one reason (dataplane::PortStatistics).
    std::uint64_t rx_missed = 0, rx_no_buffer = 0, rx_too_long = 0, rx_crc = 0, rx_errors = 0, rx_dropped = 0;
    std::uint64_t tx_packets = 0, tx_bytes = 0;
    std::uint64_t tx_dropped = 0;  ///< the transmit queue stayed full
    std::uint64_t tx_lost = 0;     ///< behind it

    static constexpr auto traffic_columns() {
        return std::tuple{
            Column{"name", &PortRow::name, "Its side.", Shown{"PORT"}},
            Column{"link", &PortRow::link, "The link that it is a port of; empty: it is one of honeypots.",
                   Shown{"OF LINK"}},
            Column{"device", &PortRow::device, "As on the command line.", Shown{"DEVICE"}},
            Column{"driver", &PortRow::driver, "Its driver.", Shown{"DRIVER"}},
            Column{"link_up", &PortRow::link_up, "Whether its link is up.",
                   Shown{.title = "LINK", .words = {"down", "up"}}},
            Column{"held", &PortRow::held, "Whether link_state has taken it down.",
                   Shown{.title = "HELD", .words = {"no", "yes"}}},
            Column{"mtu", &PortRow::mtu, "The longest packet that is sure to pass, as [ports] mtu counts it.",
                   Shown{"MTU"}},
            Column{"rx_packets", &PortRow::rx_packets, "Packets that came in.", Shown{"RX PACKETS"}},
            Column{"rx_bytes", &PortRow::rx_bytes, "Bytes of those.", Shown{"RX BYTES"}},
            Column{"tx_packets", &PortRow::tx_packets, "Packets that went out.", Shown{"TX PACKETS"}},
            Column{"tx_bytes", &PortRow::tx_bytes, "Bytes of those.", Shown{"TX BYTES"}},
        };
    }
    static constexpr auto loss_columns() {
        return std::tuple{
            Column{"rx_missed", &PortRow::rx_missed, "The receive ring was full.", Shown{"RX MISSED"}},
            Column{"rx_no_buffer", &PortRow::rx_no_buffer, "There was no buffer.", Shown{"RX NO BUFFER"}},
            Column{"rx_too_long", &PortRow::rx_too_long, "They were too long.", Shown{"RX TOO LONG"}},
            Column{"rx_crc", &PortRow::rx_crc, "Their check sequence was wrong.", Shown{"RX CRC"}},
            Column{"rx_errors", &PortRow::rx_errors, "They were damaged otherwise.", Shown{"RX ERRORS"}},
            Column{"rx_dropped", &PortRow::rx_dropped, "The device dropped them.", Shown{"RX DROPPED"}},
            Column{"tx_dropped", &PortRow::tx_dropped, "The transmit queue stayed full.",
                   Shown{"TX DROPPED"}},
            Column{"tx_lost", &PortRow::tx_lost, "They were lost behind the queue.", Shown{"TX LOST"}},
        };
    }
    static constexpr auto columns() { return std::tuple_cat(traffic_columns(), loss_columns()); }
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
    DiversionMode mode = DiversionMode::divert;
    std::optional<TimePoint> maintenance;  ///< since when
    Containment containment = Containment::session;
    Admission admission = Admission::automatic;              ///< as configured
    bool handshake_now = false;                              ///< a session now begins with a handshake alone
    std::uint32_t high_water = 0, low_water = 0;             ///< sessions
    std::uint32_t pending_capacity = 0;                      ///< flows diverted without a session
    std::uint32_t sources = 0, source_capacity = 0;          ///< sources on lists or moved by a tier
    std::uint32_t reputations = 0, reputation_capacity = 0;  ///< sources that tiers remember
    Milliseconds idle_timeout{};
    /// The reload from which on nothing is confirmed, and how much time is left; none: nothing waits.
    std::optional<std::uint64_t> unconfirmed;
    std::optional<Milliseconds> confirm_within;
    /// Of the latest file of sessions for a restart: when, how many are in it, and how long it took; none:
    /// none was written.
    std::optional<TimePoint> saved;
    std::optional<std::uint64_t> saved_sessions;
    std::optional<Milliseconds> saving;

    static constexpr auto mode_columns() {
        return std::tuple{
            Column{"uptime_ms", &Stats::started, "Since the start."},
            Column{"idle_timeout_ms", &Stats::idle_timeout, "A session ends after so long without a packet."},
            Column{"mode", &Stats::mode, "Whether anything is diverted, as configured."},
            Column{"maintenance_ms", &Stats::maintenance, "For how long there is maintenance."},
            Column{"containment", &Stats::containment, "What honeypots may send."},
            Column{"admission", &Stats::admission, "How sessions begin, as configured."},
            Column{"handshake_now", &Stats::handshake_now, "Whether they now begin with a handshake alone."},
            Column{"high_water", &Stats::high_water, "Sessions from which on they do."},
            Column{"low_water", &Stats::low_water, "Sessions below which they no longer do."},
            Column{"unconfirmed", &Stats::unconfirmed,
                   "The reload that waits for a confirmation; null: none does."},
            Column{"confirm_within_ms", &Stats::confirm_within, "Until it is taken back; null: none is."},
            Column{"saved_ms", &Stats::saved,
                   "Since sessions were last saved for a restart; null: none were since the start."},
            Column{"saved_sessions", &Stats::saved_sessions, "How many those were."},
            Column{"saving_ms", &Stats::saving, "How long it took until they were on the disk."},
        };
    }
    static constexpr auto fill_columns() {
        return std::tuple{
            Column{"sessions", &Stats::sessions, "Sessions."},
            Column{"session_capacity", &Stats::session_capacity, "Room for sessions."},
            Column{"active", &Stats::active, "Active addresses."},
            Column{"sightings", &Stats::sightings, "Addresses that are active as they were seen to send."},
            Column{"sighting_capacity", &Stats::sighting_capacity, "Room for sightings."},
            Column{"pending_capacity", &Stats::pending_capacity, "Room for flows without a session."},
            Column{"sources", &Stats::sources, "Sources on lists, or moved by a tier."},
            Column{"source_capacity", &Stats::source_capacity, "Room for those."},
            Column{"reputations", &Stats::reputations, "Sources that tiers remember."},
            Column{"reputation_capacity", &Stats::reputation_capacity, "Room for those."},
        };
    }
    static constexpr auto row_columns() {
        return std::tuple{
            Column{"honeypots", &Stats::honeypots, "The honeypots."},
            Column{"counters", &Stats::counters, "What is counted."},
            Column{"ports", &Stats::ports, "The ports."},
        };
    }
    static constexpr auto columns() { return std::tuple_cat(mode_columns(), fill_columns(), row_columns()); }
};

class InspectStats {
  public:
    [[nodiscard]] virtual Stats stats(TimePoint now) const = 0;
    [[nodiscard]] virtual std::vector<PortRow> ports() const = 0;

  protected:
    InspectStats() = default;
    ~InspectStats() = default;
    InspectStats(const InspectStats&) = default;
    InspectStats& operator=(const InspectStats&) = default;
};

inline constexpr std::tuple stats_tables{
    table_of<Stats>({.name = "stats", .help = "Counters, ports and fill levels"}, &InspectStats::stats),
    table_of<PortRow>({.name = "ports", .help = "Ports: their links, and what passes and is lost at them"},
                      &InspectStats::ports),
};

}  // namespace honeyswitch::control
