#include "tools/honeyctl/flows.hpp"

#include <algorithm>
#include <vector>

#include "tools/honeyctl/flow.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

bool write(RowWriter& writer, const Flow& flow) {
    return writer.write([&] { return to_text(flow); }, [&] { return to_json(flow); });
}

std::expected<Json, std::string> read_stats(const Ask& ask) {
    Json stats;
    auto read = each_row(ask, "stats", {}, [&](const Json& row) {
        stats = row;
        return false;
    });
    if (!read) return std::unexpected(read.error());
    return stats;
}

Ipv4Prefix prefix_of(const Json& row) {
    return parse_prefix(row.at("prefix").get<std::string>()).value_or(Ipv4Prefix{});
}

CommandResult write_domains(const Ask& ask, const Selection& selection, RowWriter& writer) {
    std::vector<Json> rows;
    auto read = each_row(ask, "domains", {}, [&](const Json& row) {
        rows.push_back(row);
        return true;
    });
    if (!read) return read;
    std::vector<Ipv4Prefix> known;
    for (const auto& row : rows)
        if (row.at("state") != "unknown") known.push_back(prefix_of(row));
    for (const auto& row : rows) {
        const auto prefix = prefix_of(row);
        if (!selection.destination.contains(prefix) && !prefix.contains(selection.destination)) continue;
        const bool within = std::ranges::any_of(known, [&](auto other) { return other.contains(prefix); });
        if (const auto flow = domain_flow(row, within); flow && !write(writer, *flow)) return {};
    }
    return {};
}

CommandResult write_sessions(const Ask& ask, const Selection& selection, const Defaults& defaults,
                             RowWriter& writer) {
    return each_row(ask, "sessions", selection, [&](const Json& row) {
        if (!write(writer, session_flow(defaults, row))) return false;
        return !selection.replies || write(writer, reply_flow(defaults, row));
    });
}

}  // namespace

CommandResult flows(const Ask& ask, const Selection& selection, const Sink& sink) {
    const auto stats = read_stats(ask);
    if (!stats) return std::unexpected(stats.error());
    const Defaults defaults(*stats);
    RowWriter writer(sink, selection, "");
    const bool any_source = selection.source.length == 0;
    const bool any_destination = selection.destination.length == 0;
    if (any_source && any_destination) {
        std::vector<std::string> ports{"inside"};
        ports.insert(ports.end(), defaults.honeypot_ports.begin(), defaults.honeypot_ports.end());
        ports.emplace_back("outside");
        for (const auto& port : ports)
            if (!write(writer, default_flow(defaults, port))) break;
    }
    if (any_source && writer.wants_more())
        if (auto written = write_domains(ask, selection, writer); !written) return written;
    if (any_source && writer.wants_more()) {
        auto written = each_row(ask, "active", selection,
                                [&](const Json& row) { return write(writer, active_flow(row)); });
        if (!written) return written;
    }
    if (writer.wants_more())
        if (auto written = write_sessions(ask, selection, defaults, writer); !written) return written;
    writer.finish();
    return {};
}

}  // namespace honeyswitch::honeyctl
