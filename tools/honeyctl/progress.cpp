#include "tools/honeyctl/progress.hpp"

#include <algorithm>
#include <functional>
#include <span>
#include <tuple>
#include <vector>

#include <fmt/format.h>

#include "control/inspect/traffic_tables.hpp"
#include "tools/honeyctl/print_table.hpp"
#include "tools/honeyctl/protocol.hpp"
#include "tools/honeyctl/row_writer.hpp"
#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

constexpr std::uint64_t shown_rows = 50;  // unless --limit says otherwise: a forged flood has 38,000 networks
constexpr unsigned page_rows = 1000;      // all the switch gives at once: there may be 100,000
using Steps = control::StepCounts;
using ProgressKey = Key<control::ProgressRow>;
constexpr auto step_columns = control::infos_of<Steps>(control::ProgressRow::step_columns(std::identity{}));

struct Row {
    std::string name;  ///< "tcp/22", "198.51.0.0/16"
    Steps steps;
    Json json;
};

struct Progress {
    std::vector<Row> rows;
    Steps totals{};
    Json json_totals;
};

Steps steps_of(const Json& row) {
    Steps steps{};
    for (std::size_t i = 0; i < steps.size(); ++i)
        steps.at(i) = row.at(step_columns.at(i).name).get<std::uint64_t>();
    return steps;
}

std::string name_of(const Json& row) {
    if (const auto network = row.find(ProgressKey("network").name()); network != row.end())
        return network->get<std::string>();
    return fmt::format("{}/{}", protocol_name(row.at(ProgressKey("protocol").name()).get<unsigned>()),
                       row.at(ProgressKey("port").name()).get<unsigned>());
}

std::expected<Progress, std::string> read_progress(const Ask& ask, const Selection& selection) {
    Json request{{"command", "progress"}, {"limit", page_rows}};
    if (!selection.by.empty()) request["by"] = selection.by;
    Progress progress;
    auto read = each_page(ask, request, [&](const Json& page) {
        for (const auto& row : page["rows"]) progress.rows.push_back({name_of(row), steps_of(row), row});
        progress.json_totals = page.at("totals");
        return true;
    });
    if (!read) return std::unexpected(read.error());
    progress.totals = steps_of(progress.json_totals);
    std::ranges::sort(progress.rows, [](const Row& one, const Row& other) {
        return std::tie(other.steps, one.name) < std::tie(one.steps, other.name);  // the most first
    });
    return progress;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? "-"
                      : fmt::format("{:.1f} %", 100 * static_cast<double>(part) / static_cast<double>(whole));
}

Cells cells_of(const std::string& name, const Steps& steps) {
    Cells cells{name, fmt::format("{}", steps[0])};
    for (const auto count : std::span(steps).subspan(1)) {
        cells.push_back(fmt::format("{}", count));
        cells.push_back(share(count, steps[0]));
    }
    return cells;
}

std::string does_he_carry_on(const Steps& totals) {
    const auto& [begun, answered, went_on, sent_data] = totals;
    return fmt::format(
        "Does the attacker carry on? A honeypot answered {} of {} sessions; then {} of the attackers went "
        "on, "
        "and {} with data.\n",
        answered, begun, share(went_on, answered), share(sent_data, answered));
}

std::string left_out(std::uint64_t count, const std::string& by) {
    if (count == 0) return "";
    return fmt::format("{} more {} are left out; --limit {} shows more of them.\n", count,
                       by == "network" ? "networks" : "ports", 10 * shown_rows);
}

/// What a row is of, and each step with its share beside it, but the first: the others are shares of that.
std::vector<Column> columns_by(const std::string& by) {
    const auto key = by == "network" ? ProgressKey("network") : ProgressKey("port");
    std::vector<Column> columns{
        {control::find_column(control::columns_of<control::ProgressRow>, key.name())->shown.title}};
    for (const Column& step : shown_columns(step_columns)) {
        columns.push_back(step);
        if (columns.size() > 2) columns.push_back({"", 0, true});
    }
    return columns;
}

std::string text_of(std::span<const Row> rows, const Progress& progress, const std::string& by) {
    std::vector<Cells> cells;
    cells.reserve(rows.size() + 1);
    for (const auto& row : rows) cells.push_back(cells_of(row.name, row.steps));
    cells.push_back(cells_of("all", progress.totals));
    return whole_table(columns_by(by), cells) + left_out(progress.rows.size() - rows.size(), by) + "\n" +
           does_he_carry_on(progress.totals);
}

}  // namespace

CommandResult progress(const Ask& ask, const Selection& selection, const Sink& sink) {
    const auto progress = read_progress(ask, selection);
    if (!progress) return std::unexpected(progress.error());
    const auto limit = selection.limit == UINT64_MAX ? shown_rows : selection.limit;
    const auto shown = std::span(progress->rows).first(std::min(progress->rows.size(), limit));
    if (!selection.json) {
        sink(text_of(shown, *progress, selection.by));
        return {};
    }
    RowWriter writer(sink, selection, "");
    for (const auto& row : shown) writer.write([] { return std::string(); }, [&] { return row.json; });
    writer.finish({{"totals", progress->json_totals}, {"left_out", progress->rows.size() - shown.size()}});
    return {};
}

}  // namespace honeyswitch::honeyctl
