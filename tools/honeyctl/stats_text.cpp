#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "tools/honeyctl/commands.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

std::uint64_t number(const Json& row, const char* key) {
    return row.at(key).get<std::uint64_t>();
}

/// A counter that went down belongs to a switch that was started anew.
std::string rate(std::uint64_t now, std::uint64_t before, double seconds) {
    return now < before ? "-" : fmt::format("{:.0f}", static_cast<double>(now - before) / seconds);
}

/// "admission auto, now handshake; handshake from 800 sessions, first-packet below 600"
std::string admission(const Json& stats) {
    const auto rule = stats.at("admission").get<std::string>();
    auto text = "admission " + rule;
    if (rule == "auto")
        text += fmt::format(", now {}; handshake from {} sessions, first-packet below {}",
                            stats.at("handshake_now").get<bool>() ? "handshake" : "first-packet",
                            number(stats, "high_water"), number(stats, "low_water"));
    return fmt::format("{}; room for {} pending flows\n", text, number(stats, "pending_capacity"));
}

std::string honeypot_line(const Json& honeypot) {
    return fmt::format("honeypot {} of pool {}: {}, {} sessions, {}\n",
                       honeypot.at("name").get<std::string>(), honeypot.at("pool").get<std::string>(),
                       honeypot.at("state").get<std::string>(), number(honeypot, "sessions"),
                       honeypot.at("mac").is_string() ? "at " + honeypot["mac"].get<std::string>()
                                                      : "its address not learned yet");
}

std::string summary(const Json& stats) {
    auto text =
        fmt::format("up {}, {} of {} sessions, {} active addresses, {} of {} sightings\n",
                    brief_duration(stats.at("uptime_ms").get<std::int64_t>()), number(stats, "sessions"),
                    number(stats, "session_capacity"), number(stats, "active"), number(stats, "sightings"),
                    number(stats, "sighting_capacity"));
    text += fmt::format("{} of {} listed sources, {} of {} histories\n", number(stats, "listed"),
                        number(stats, "listed_capacity"), number(stats, "histories"),
                        number(stats, "history_capacity"));
    text += fmt::format("idle timeout {}, containment {}\n",
                        brief_duration(stats.at("idle_timeout_ms").get<std::int64_t>()),
                        stats.at("containment").get<std::string>());
    text += admission(stats);
    for (const auto& honeypot : stats.at("honeypots")) text += honeypot_line(honeypot);
    return text;
}

Cells numbers(const Json& row, std::initializer_list<const char*> keys) {
    Cells cells;
    for (const char* const key : keys) cells.push_back(fmt::format("{}", number(row, key)));
    return cells;
}

std::string port_table(const Json& stats) {
    std::vector<Cells> rows;
    for (const auto& port : stats.at("ports")) {
        Cells cells{port.at("name").get<std::string>(), port.at("device").get<std::string>(),
                    port.at("driver").get<std::string>(), port.at("link_up").get<bool>() ? "up" : "down"};
        std::ranges::move(numbers(port, {"rx_packets", "rx_bytes", "tx_packets", "tx_bytes"}),
                          std::back_inserter(cells));
        rows.push_back(std::move(cells));
    }
    return whole_table({{"PORT"},
                        {"DEVICE"},
                        {"DRIVER"},
                        {"LINK"},
                        {"RX PACKETS", 0, true},
                        {"RX BYTES", 0, true},
                        {"TX PACKETS", 0, true},
                        {"TX BYTES", 0, true}},
                       rows);
}

/// What is lost at the ports, by reason.
std::string loss_table(const Json& stats) {
    std::vector<Cells> rows;
    for (const auto& port : stats.at("ports")) {
        Cells cells{port.at("name").get<std::string>()};
        std::ranges::move(numbers(port, {"rx_missed", "rx_no_buffer", "rx_too_long", "rx_errors",
                                         "rx_dropped", "tx_dropped", "tx_lost"}),
                          std::back_inserter(cells));
        rows.push_back(std::move(cells));
    }
    return whole_table({{"LOST AT"},
                        {"RX MISSED", 0, true},
                        {"RX NO BUFFER", 0, true},
                        {"RX TOO LONG", 0, true},
                        {"RX ERRORS", 0, true},
                        {"RX DROPPED", 0, true},
                        {"TX DROPPED", 0, true},
                        {"TX LOST", 0, true}},
                       rows);
}

std::map<std::string, std::uint64_t> counters_of(const Json* stats) {
    std::map<std::string, std::uint64_t> values;
    if (stats != nullptr)
        for (const auto& counter : stats->at("counters"))
            values.emplace(counter.at("name").get<std::string>(), number(counter, "value"));
    return values;
}

std::string counter_table(const Json& stats, const Json* before, double seconds) {
    const auto earlier = counters_of(before);
    std::vector<Cells> rows;
    for (const auto& counter : stats.at("counters")) {
        const auto name = counter.at("name").get<std::string>();
        const auto value = number(counter, "value");
        Cells cells{name, fmt::format("{}", value)};
        if (before != nullptr) {
            const auto found = earlier.find(name);
            cells.push_back(found == earlier.end() ? "-" : rate(value, found->second, seconds));
        }
        cells.push_back(counter.at("help").get<std::string>());
        rows.push_back(std::move(cells));
    }
    std::vector<Column> columns{{"COUNTER"}, {"VALUE", 0, true}};
    if (before != nullptr) columns.push_back({"PER SECOND", 0, true});
    columns.push_back({"MEANING"});
    return whole_table(std::move(columns), rows);
}

}  // namespace

std::string stats_text(const Json& stats, const Json* before, double seconds) {
    return summary(stats) + "\n" + port_table(stats) + "\n" + loss_table(stats) + "\n" +
           counter_table(stats, before, seconds);
}

}  // namespace honeyswitch::honeyctl
