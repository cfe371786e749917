#include "tools/honeyctl/flow.hpp"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "tools/honeyctl/protocol.hpp"

namespace honeyswitch::honeyctl {
namespace {

/// Seconds as Open vSwitch prints a duration: "12s", "12.5s".
std::string seconds(std::int64_t milliseconds) {
    auto text = fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + "s";
}

std::string text_of(const Json& row, const char* key) {
    return row.at(key).get<std::string>();
}

struct Ends {
    std::string in_port, source, destination;
    std::optional<unsigned> source_port, destination_port;
};

/// What Open vSwitch lacks is written in the same manner: icmp_id, the identifier of an ICMP query.
std::string session_match(const Json& row, const Ends& ends) {
    const auto protocol = row.at("protocol").get<unsigned>();
    auto match = fmt::format("{},in_port={},nw_src={},nw_dst={}", match_protocol(protocol), ends.in_port,
                             ends.source, ends.destination);
    if (!has_name(protocol)) match += fmt::format(",nw_proto={}", protocol);
    if (row.contains("identifier")) match += fmt::format(",icmp_id={}", row["identifier"].get<unsigned>());
    if (ends.source_port) match += fmt::format(",tp_src={}", *ends.source_port);
    if (ends.destination_port) match += fmt::format(",tp_dst={}", *ends.destination_port);
    if (row.at("kind") == "portless" && has_ports(protocol)) match += ",nw_frag=later";
    return match;
}

std::optional<unsigned> port_of(const Json& row, const char* key) {
    if (!row.contains(key)) return std::nullopt;
    return row[key].get<unsigned>();
}

Flow session_part(const Defaults& defaults, const Json& row) {
    Flow flow;
    flow.priority = 3;
    flow.cookie = row.at("flow").get<std::uint64_t>();
    flow.duration_ms = row.at("duration_ms").get<std::int64_t>();
    flow.idle_timeout_ms = defaults.idle_timeout_ms;
    flow.idle_ms = row.at("idle_ms").get<std::int64_t>();
    return flow;
}

/// The MAC pair as it came, swapped, and the tags, the outer one pushed last.
std::string restored_path(const Json& row) {
    auto actions = fmt::format("mod_dl_src:{},mod_dl_dst:{},", text_of(row, "destination_mac"),
                               text_of(row, "source_mac"));
    for (const auto& tag : row.at("tags") | std::views::reverse)
        actions += fmt::format("push_vlan:{:#06x},mod_vlan_vid:{},", tag.at("tpid").get<unsigned>(),
                               tag.at("vlan").get<unsigned>());
    return actions + "output:outside";
}

}  // namespace

std::string to_text(const Flow& flow) {
    auto line = fmt::format(" cookie={:#x}, duration={}, table=0, ", flow.cookie, seconds(flow.duration_ms));
    if (flow.packets) line += fmt::format("n_packets={}, ", *flow.packets);
    if (flow.bytes) line += fmt::format("n_bytes={}, ", *flow.bytes);
    if (flow.idle_timeout_ms) line += fmt::format("idle_timeout={}, ", (*flow.idle_timeout_ms + 999) / 1000);
    if (flow.idle_ms) line += fmt::format("idle_age={}, ", *flow.idle_ms / 1000);
    return line + fmt::format("priority={},{} actions={}\n", flow.priority, flow.match, flow.actions);
}

Json to_json(const Flow& flow) {
    const auto value = [](const auto& optional) { return optional ? Json(*optional) : Json(); };
    return {{"priority", flow.priority},
            {"cookie", flow.cookie},
            {"match", flow.match},
            {"actions", flow.actions},
            {"duration_ms", flow.duration_ms},
            {"idle_timeout_ms", value(flow.idle_timeout_ms)},
            {"idle_ms", value(flow.idle_ms)},
            {"n_packets", value(flow.packets)},
            {"n_bytes", value(flow.bytes)}};
}

Defaults::Defaults(const Json& stats)
    : honeypots(stats.at("honeypots")),
      uptime_ms(stats.at("uptime_ms").get<std::int64_t>()),
      idle_timeout_ms(stats.at("idle_timeout_ms").get<std::int64_t>()),
      open(stats.at("containment") == "open") {
    for (const auto& port : stats.at("ports")) {
        const auto name = text_of(port, "name");
        if (!name.starts_with("honeypot")) continue;
        honeypot_ports.push_back(name);
        port_of_device.emplace(text_of(port, "device"), name);
    }
    if (honeypot_ports.empty()) honeypot_ports.emplace_back("honeypot");
}

const Json* Defaults::honeypot(const std::string& name) const {
    const auto found =
        std::ranges::find_if(honeypots, [&](const Json& row) { return row.at("name") == name; });
    return found == honeypots.end() ? nullptr : &*found;
}

std::string Defaults::port_of(const std::string& name) const {
    const auto* const row = honeypot(name);
    const auto found = row == nullptr ? port_of_device.end() : port_of_device.find(text_of(*row, "port"));
    return found == port_of_device.end() ? honeypot_ports.front() : found->second;
}

std::string Defaults::to_honeypot(const std::string& name) const {
    auto output = "output:" + port_of(name);
    const auto* const row = honeypot(name);
    if (row == nullptr) return output;
    std::string actions;
    if (row->at("mac").is_string()) actions += fmt::format("mod_dl_dst:{},", text_of(*row, "mac"));
    if (row->at("vlan").is_number())
        actions += fmt::format("push_vlan:0x8100,mod_vlan_vid:{},", row->at("vlan").get<unsigned>());
    return actions + output;
}

Flow default_flow(const Defaults& defaults, std::string_view in_port) {
    Flow flow;
    flow.match = fmt::format("in_port={}", in_port);
    flow.duration_ms = defaults.uptime_ms;
    flow.actions = in_port == "outside" ? "output:inside" : "output:outside";
    if (in_port.starts_with("honeypot") && !defaults.open) flow.actions = "drop";
    return flow;
}

std::optional<Flow> domain_flow(const Json& row, bool within_known) {
    const bool known = row.at("state") != "unknown";
    if (!known && !within_known) return std::nullopt;
    Flow flow;
    flow.priority = 1;
    flow.match = fmt::format("ip,in_port=outside,nw_dst={}", text_of(row, "prefix"));
    flow.actions = known ? "CONTROLLER:65535" : "output:inside";
    flow.duration_ms = row.at("duration_ms").get<std::int64_t>();
    return flow;
}

Flow active_flow(const Json& row) {
    Flow flow;
    flow.priority = 2;
    flow.match = fmt::format("ip,in_port=outside,nw_dst={}", text_of(row, "address"));
    flow.actions = "output:inside";
    flow.duration_ms = row.at("duration_ms").get<std::int64_t>();
    return flow;
}

Flow session_flow(const Defaults& defaults, const Json& row) {
    auto flow = session_part(defaults, row);
    flow.match = session_match(row, {"outside", text_of(row, "source"), text_of(row, "destination"),
                                     port_of(row, "source_port"), port_of(row, "destination_port")});
    flow.actions = defaults.to_honeypot(text_of(row, "honeypot"));
    flow.packets = row.at("packets_in").get<std::uint64_t>();
    flow.bytes = row.at("bytes_in").get<std::uint64_t>();
    return flow;
}

Flow reply_flow(const Defaults& defaults, const Json& row) {
    auto flow = session_part(defaults, row);
    flow.match = session_match(
        row, {defaults.port_of(text_of(row, "honeypot")), text_of(row, "destination"), text_of(row, "source"),
              port_of(row, "destination_port"), port_of(row, "source_port")});
    flow.actions = restored_path(row);
    flow.packets = row.at("packets_out").get<std::uint64_t>();
    flow.bytes = row.at("bytes_out").get<std::uint64_t>();
    return flow;
}

}  // namespace honeyswitch::honeyctl
