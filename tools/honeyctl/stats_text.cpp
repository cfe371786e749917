#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "control/inspect/stats_table.hpp"
#include "tools/honeyctl/commands.hpp"
#include "tools/honeyctl/print_table.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

using StatsKey = Key<control::Stats>;
using HoneypotKey = Key<control::HoneypotRow>;
using CounterKey = Key<control::CounterRow>;

std::uint64_t number(const Json& stats, StatsKey key) {
    return stats.at(key.name()).get<std::uint64_t>();
}

std::string text(const Json& stats, StatsKey key) {
    return stats.at(key.name()).get<std::string>();
}

std::string duration(const Json& stats, StatsKey key) {
    return brief_duration(stats.at(key.name()).get<std::int64_t>());
}

const Json& rows(const Json& stats, StatsKey key) {
    return stats.at(key.name());
}

const Json& value(const Json& honeypot, HoneypotKey key) {
    return honeypot.at(key.name());
}

const Json& value(const Json& counter, CounterKey key) {
    return counter.at(key.name());
}

/// A counter that went down belongs to a switch that was started anew.
std::string rate(std::uint64_t now, std::uint64_t before, double seconds) {
    return now < before ? "-" : fmt::format("{:.0f}", static_cast<double>(now - before) / seconds);
}

/// "mode divert", "mode observe, maintenance for 5m00s"
std::string mode(const Json& stats) {
    auto line = "mode " + text(stats, "mode");
    if (!rows(stats, "maintenance_ms").is_null())
        line += ", maintenance for " + duration(stats, "maintenance_ms");
    return line + "\n";
}

/// "admission auto, now handshake; handshake from 800 sessions, first-packet below 600"
std::string admission(const Json& stats) {
    const auto rule = text(stats, "admission");
    auto line = "admission " + rule;
    if (rule == "auto")
        line += fmt::format(", now {}; handshake from {} sessions, first-packet below {}",
                            rows(stats, "handshake_now").get<bool>() ? "handshake" : "first-packet",
                            number(stats, "high_water"), number(stats, "low_water"));
    return fmt::format("{}; room for {} pending flows\n", line, number(stats, "pending_capacity"));
}

std::string honeypot_line(const Json& honeypot) {
    const Json& mac = value(honeypot, HoneypotKey("mac"));
    return fmt::format("honeypot {} of pool {}: {}, {} sessions, {}\n",
                       value(honeypot, HoneypotKey("name")).get<std::string>(),
                       value(honeypot, HoneypotKey("pool")).get<std::string>(),
                       value(honeypot, HoneypotKey("state")).get<std::string>(),
                       value(honeypot, HoneypotKey("sessions")).get<std::uint64_t>(),
                       mac.is_string() ? "at " + mac.get<std::string>() : "its address not learned yet");
}

/// "1200 sessions saved 4s ago, in 8ms"
std::string saved(const Json& stats) {
    const Json& since = rows(stats, "saved_ms");
    if (since.is_null()) return "no sessions saved for a restart\n";
    return fmt::format("{} sessions saved {} ago for a restart, in {}ms\n", number(stats, "saved_sessions"),
                       brief_duration(since.get<std::int64_t>()), number(stats, "saving_ms"));
}

std::string summary(const Json& stats) {
    auto lines = fmt::format("up {}, {} of {} sessions, {} active addresses, {} of {} sightings\n",
                             duration(stats, "uptime_ms"), number(stats, "sessions"),
                             number(stats, "session_capacity"), number(stats, "active"),
                             number(stats, "sightings"), number(stats, "sighting_capacity"));
    lines += fmt::format("{} of {} sources on lists or moved, {} of {} reputations\n",
                         number(stats, "sources"), number(stats, "source_capacity"),
                         number(stats, "reputations"), number(stats, "reputation_capacity"));
    lines += fmt::format("idle timeout {}, containment {}\n", duration(stats, "idle_timeout_ms"),
                         text(stats, "containment"));
    lines += mode(stats);
    lines += admission(stats);
    lines += saved(stats);
    if (const Json& left = rows(stats, "confirm_within_ms"); !left.is_null())
        lines += fmt::format("reload {} is not confirmed, and taken back in {}\n",
                             number(stats, "unconfirmed"), brief_duration(left.get<std::int64_t>()));
    for (const auto& honeypot : rows(stats, "honeypots")) lines += honeypot_line(honeypot);
    return lines;
}

std::string table_of_ports(const Json& ports, Declared columns) {
    std::vector<Cells> cells;
    for (const auto& port : ports) cells.push_back(shown_cells(columns, port));
    return whole_table(shown_columns(columns), cells);
}

constexpr auto traffic_columns = control::infos_of<control::PortRow>(control::PortRow::traffic_columns());
/// What is lost at the ports, by reason.
constexpr auto loss_columns = control::infos_of<control::PortRow>(std::tuple_cat(
    std::tuple{honeyswitch::Column{"name", &control::PortRow::name, "Its side.", Shown{"LOST AT"}},
               honeyswitch::Column{"link", &control::PortRow::link, "Its link.", Shown{"OF LINK"}}},
    control::PortRow::loss_columns()));

std::map<std::string, std::uint64_t> counters_of(const Json* stats) {
    std::map<std::string, std::uint64_t> values;
    if (stats != nullptr)
        for (const auto& counter : rows(*stats, "counters"))
            values.emplace(value(counter, CounterKey("name")).get<std::string>(),
                           value(counter, CounterKey("value")).get<std::uint64_t>());
    return values;
}

/// With the rate before the last column, if there is one.
std::string counter_table(const Json& stats, const Json* before, double seconds) {
    constexpr std::string_view rate_title = "PER SECOND";
    const Declared declared = control::columns_of<control::CounterRow>;
    const auto earlier = counters_of(before);
    std::vector<Cells> lines;
    for (const auto& counter : rows(stats, "counters")) {
        Cells cells = shown_cells(declared, counter);
        if (before != nullptr) {
            const auto found = earlier.find(value(counter, CounterKey("name")).get<std::string>());
            const auto now = value(counter, CounterKey("value")).get<std::uint64_t>();
            cells.insert(cells.end() - 1, found == earlier.end() ? "-" : rate(now, found->second, seconds));
        }
        lines.push_back(std::move(cells));
    }
    auto columns = shown_columns(declared);
    if (before != nullptr) columns.insert(columns.end() - 1, {rate_title, 0, true});
    return whole_table(std::move(columns), lines);
}

}  // namespace

std::string ports_text(const Json& ports) {
    return table_of_ports(ports, traffic_columns) + "\n" + table_of_ports(ports, loss_columns);
}

std::string stats_text(const Json& stats, const Json* before, double seconds) {
    return summary(stats) + "\n" + ports_text(rows(stats, "ports")) + "\n" +
           counter_table(stats, before, seconds);
}

}  // namespace honeyswitch::honeyctl
