#include "control/operator/operator_rows.hpp"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "control/operator/operator_names.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

constexpr std::uint8_t icmp = 1;               // IANA protocol number
constexpr std::uint16_t vlan_id_mask = 0xfff;  // IEEE 802.1Q: the rest is priority and drop eligibility

/// A time that lies ahead of `now` (both are read by the loop, in turns) is no time ago.
std::int64_t age(TimePoint then, TimePoint now) {
    return std::max<std::int64_t>((now - then).count(), 0);
}

std::string address(Be32 value) {
    return to_string(Ipv4Address{value.host()});
}

json tags_of(const L2Path& path) {
    json tags = json::array();
    for (unsigned i = 0; i < path.tag_count && i < path.tags.size(); ++i)
        tags.push_back(
            {{"tpid", path.tags.at(i).tpid.host()}, {"vlan", path.tags.at(i).tci.host() & vlan_id_mask}});
    return tags;
}

json to_json(const PortRow& port) {
    return {{"name", port.name},
            {"device", port.device},
            {"driver", port.driver},
            {"link_up", port.link_up},
            {"rx_packets", port.rx_packets},
            {"rx_bytes", port.rx_bytes},
            {"rx_missed", port.rx_missed},
            {"rx_no_buffer", port.rx_no_buffer},
            {"rx_too_long", port.rx_too_long},
            {"rx_errors", port.rx_errors},
            {"rx_dropped", port.rx_dropped},
            {"tx_packets", port.tx_packets},
            {"tx_bytes", port.tx_bytes},
            {"tx_dropped", port.tx_dropped},
            {"tx_lost", port.tx_lost}};
}

json prefixes(const std::vector<Ipv4Prefix>& list) {
    json texts = json::array();
    for (const auto prefix : list) texts.push_back(to_string(prefix));
    return texts;
}

}  // namespace

json to_json(const SessionRow& row, TimePoint now) {
    const auto& [key, path, honeypot, progress, created, last_seen, packets_in, bytes_in, packets_out,
                 bytes_out] = row.stats;
    json result{{"flow", std::to_underlying(row.flow)},
                {"protocol", key.protocol},
                {"kind", key.kind == dataplane::KeyKind::ports ? "ports" : "portless"},
                {"source", address(key.outside)},
                {"destination", address(key.inside)},
                {"honeypot", row.honeypot},
                {"progress", dataplane::step_names.at(static_cast<std::size_t>(row.progress))},
                {"duration_ms", age(created, now)},
                {"idle_ms", age(last_seen, now)},
                {"packets_in", packets_in},
                {"bytes_in", bytes_in},
                {"packets_out", packets_out},
                {"bytes_out", bytes_out},
                {"source_mac", to_string(MacAddress{path.source})},
                {"destination_mac", to_string(MacAddress{path.destination})},
                {"tags", tags_of(path)}};
    if (key.kind == dataplane::KeyKind::portless) return result;
    if (key.protocol == icmp) {
        result["identifier"] = key.outside_port.host();
        return result;
    }
    result["source_port"] = key.outside_port.host();
    result["destination_port"] = key.inside_port.host();
    return result;
}

json to_json(const ActiveRow& row, TimePoint now) {
    return {{"address", to_string(row.address)},
            {"vouchers", row.vouchers},
            {"duration_ms", age(row.since, now)}};
}

json to_json(const DomainRow& row, TimePoint now) {
    return {{"prefix", to_string(row.prefix)},
            {"state", name_of(row.state)},
            {"agents", row.agents},
            {"active", row.active},
            {"sessions", row.sessions},
            {"duration_ms", age(row.since, now)}};
}

json to_json(const AgentRow& row, TimePoint now) {
    return {{"name", row.name},
            {"connected", row.connected},
            {"endpoint", row.endpoint},
            {"domains", prefixes(row.domains)},
            {"silent_ms", row.last_heard ? json(age(*row.last_heard, now)) : json()},
            {"notices", row.notices},
            {"refused", row.refused}};
}

json to_json(const Flow& flow) {
    const auto milliseconds = [](const auto& duration) {
        return duration ? json(duration->count()) : json();
    };
    return {{"priority", flow.priority},
            {"cookie", flow.cookie},
            {"match", text_of(flow.match)},
            {"actions", text_of(flow.actions)},
            {"duration_ms", flow.duration.count()},
            {"idle_timeout_ms", milliseconds(flow.idle_timeout)},
            {"idle_ms", milliseconds(flow.idle)},
            {"n_packets", flow.counts ? json(flow.counts->packets) : json()},
            {"n_bytes", flow.counts ? json(flow.counts->bytes) : json()}};
}

json to_json(const Stats& stats, Milliseconds idle_timeout) {
    json result{{"uptime_ms", age(stats.started, stats.now)},
                {"sessions", stats.sessions},
                {"session_capacity", stats.session_capacity},
                {"active", stats.active},
                {"sightings", stats.sightings},
                {"sighting_capacity", stats.sighting_capacity},
                {"idle_timeout_ms", idle_timeout.count()},
                {"containment", name_of(stats.containment)},
                {"admission", name_of(stats.admission)},
                {"handshake_now", stats.handshake_now},
                {"high_water", stats.high_water},
                {"low_water", stats.low_water},
                {"pending_capacity", stats.pending_capacity},
                {"listed", stats.listed},
                {"listed_capacity", stats.listed_capacity},
                {"histories", stats.histories},
                {"history_capacity", stats.history_capacity},
                {"honeypots", json::array()},
                {"counters", json::array()},
                {"ports", json::array()}};
    for (const auto& honeypot : stats.honeypots) result["honeypots"].push_back(to_json(honeypot));
    for (const auto& [name, help, value, unit, fate] : stats.counters)
        result["counters"].push_back(
            {{"name", name}, {"help", help}, {"value", value}, {"unit", unit}, {"fate", fate}});
    for (const auto& port : stats.ports) result["ports"].push_back(to_json(port));
    return result;
}

}  // namespace honeyswitch::control
