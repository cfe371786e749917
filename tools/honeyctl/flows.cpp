#include "tools/honeyctl/flows.hpp"

#include <fmt/format.h>

#include "control/flows/flow.hpp"
#include "tools/honeyctl/print_table.hpp"
#include "tools/honeyctl/row_writer.hpp"

namespace honeyswitch::honeyctl {
namespace {

/// Seconds as Open vSwitch prints a duration: "12s", "12.5s".
std::string seconds(std::int64_t milliseconds) {
    auto text = fmt::format("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text + "s";
}

using FlowKey = Key<control::Flow>;

const Json& value(const Json& row, FlowKey key) {
    return row.at(key.name());
}

std::optional<std::int64_t> number(const Json& row, FlowKey key) {
    const auto& value = row.at(key.name());
    return value.is_null() ? std::nullopt : std::optional(value.get<std::int64_t>());
}

/// A row of the command "flows" as a line of ovs-ofctl(8).
std::string flow_text(const Json& row) {
    auto line =
        fmt::format(" cookie={:#x}, duration={}, table=0, ", value(row, "cookie").get<std::uint64_t>(),
                    seconds(value(row, "duration_ms").get<std::int64_t>()));
    if (const auto packets = number(row, "n_packets")) line += fmt::format("n_packets={}, ", *packets);
    if (const auto bytes = number(row, "n_bytes")) line += fmt::format("n_bytes={}, ", *bytes);
    if (const auto timeout = number(row, "idle_timeout_ms"))
        line += fmt::format("idle_timeout={}, ", (*timeout + 999) / 1000);
    if (const auto idle = number(row, "idle_ms")) line += fmt::format("idle_age={}, ", *idle / 1000);
    return line + fmt::format("priority={},{} actions={}\n", value(row, "priority").get<unsigned>(),
                              value(row, "match").get<std::string>(),
                              value(row, "actions").get<std::string>());
}

}  // namespace

CommandResult flows(const Ask& ask, const Selection& selection, const Sink& sink) {
    RowWriter writer(sink, selection, "");
    auto read = each_row(ask, "flows", selection, [&](const Json& row) {
        return writer.write([&] { return flow_text(row); }, [&] { return row; });
    });
    if (read) writer.finish();
    return read;
}

}  // namespace honeyswitch::honeyctl
