#include "control/operator/operator_commands.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "control/operator/operator_flows.hpp"
#include "control/operator/operator_rows.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

/// What a command works with.
struct Context {
    const Request& request;
    const Inspect& inspect;
    Operate& operate;
    TimePoint now;
    const RequestBy& by;

    template <typename Body>
    void tell(Body body) const {
        body.who = by.who;
        if (by.events != nullptr) by.events->publish(std::move(body));
    }
};

json error(const std::string& sentence) {
    return {{"error", sentence}};
}

json response(json rows, const std::optional<std::uint32_t>& next = {}) {
    return {{"rows", std::move(rows)}, {"next", next ? json(*next) : json()}};
}

/// A whole table, for tables as short as the configuration.
json all_rows(const auto& table, const auto&... arguments) {
    json rows = json::array();
    for (const auto& row : table) rows.push_back(to_json(row, arguments...));
    return response(std::move(rows));
}

json sessions(const Context& context) {
    const auto& [request, inspect, operate, now, by] = context;
    const auto page = inspect.sessions(request.cursor, request.limit, now);
    json rows = json::array();
    for (const auto& row : page.rows)
        if (request.source.contains(Ipv4Address{row.stats.key.outside.host()}) &&
            request.destination.contains(Ipv4Address{row.stats.key.inside.host()}))
            rows.push_back(to_json(row, now));
    return response(std::move(rows), page.next);
}

/// The cursor is an address: the table is in order of addresses, so a prefix is one stretch of it.
json active(const Context& context) {
    const auto& wanted = context.request.destination;
    const auto from = std::max(Ipv4Address{context.request.cursor}, wanted.network);
    const auto page = context.inspect.active(from, context.request.limit);
    json rows = json::array();
    for (const auto& row : page.rows)
        if (wanted.contains(row.address)) rows.push_back(to_json(row, context.now));
    std::optional<std::uint32_t> next;
    if (page.next && wanted.contains(*page.next)) next = page.next->value;
    return response(std::move(rows), next);
}

/// Those that the prefix lies in, which are few and all on the first page, and those within it.
json domains(const Context& context) {
    const auto& wanted = context.request.destination;
    const auto from = std::max(Ipv4Address{context.request.cursor}, wanted.network);
    const auto page = context.inspect.domains(from, context.request.limit);
    json rows = json::array();
    if (context.request.cursor == 0)
        for (const auto& row : context.inspect.domains_around(wanted))
            rows.push_back(to_json(row, context.now));
    for (const auto& row : page.rows)
        if (wanted.contains(row.prefix)) rows.push_back(to_json(row, context.now));
    std::optional<std::uint32_t> next;
    if (page.next && wanted.contains(*page.next)) next = page.next->value;
    return response(std::move(rows), next);
}

json flows(const Context& context) {
    const auto& request = context.request;
    const auto page =
        flows_of(context.inspect,
                 {.source = request.source, .destination = request.destination, .replies = request.replies},
                 request.flow_cursor, request.limit, context.now);
    auto result = all_rows(page.flows);
    if (page.next) result["next"] = *page.next;
    return result;
}

json agents(const Context& context) {
    return all_rows(context.inspect.agents(), context.now);
}
json honeypots(const Context& context) {
    return all_rows(context.inspect.honeypots());
}
json pools(const Context& context) {
    return all_rows(context.inspect.pools());
}
json lists(const Context& context) {
    return all_rows(context.inspect.lists());
}
json logs(const Context& context) {
    return all_rows(context.inspect.logs());
}

json stats(const Context& context) {
    const auto row = context.inspect.stats(context.now);
    return response(json::array({to_json(row, context.inspect.idle_timeout())}));
}

json rules(const Context& context) {
    const auto page = context.inspect.rules(context.request.cursor, context.request.limit);
    auto result = all_rows(page.rows);
    if (page.next) result["next"] = *page.next;
    return result;
}

json report(const Context& context) {
    const auto& request = context.request;
    const auto page = context.inspect.report(request.by, request.cursor, request.limit, context.now);
    auto result = all_rows(page.rows);
    if (page.next) result["next"] = *page.next;
    result["totals"] = to_json(page.totals);
    return result;
}

json list_entries(const Context& context) {
    const auto& [request, inspect, operate, now, by] = context;
    const auto all = inspect.lists();
    if (request.list && std::ranges::find(all, *request.list, &ListRow::name) == all.end())
        return error(fmt::format("there is no list '{}'", *request.list));
    const auto page = inspect.list_entries(request.cursor, request.limit, now);
    json rows = json::array();
    for (const auto& row : page.rows)
        if (!request.list || row.list == *request.list) rows.push_back(to_json(row));
    return response(std::move(rows), page.next);
}

json list_add(const Context& context) {
    const auto& request = context.request;
    if (!request.list || !request.prefix) return error("list_add needs a list and a prefix");
    const auto added =
        context.operate.list_add(*request.list, *request.prefix, request.lifetime, context.now);
    if (!added) return error(added.error());
    context.tell(
        ListChanged{.action = ListAction::added,
                    .list = *request.list,
                    .source = *request.prefix,
                    .lifetime = request.lifetime,
                    .told = {.text = fmt::format("list {}: {} added by the operator ({}), {}", *request.list,
                                                 to_string(*request.prefix), context.by.who,
                                                 request.lifetime ? "for " + duration_text(*request.lifetime)
                                                                  : "until it is removed")}});
    return response(json::array({{{"kept", context.operate.keeps_entries()}}}));
}

json list_remove(const Context& context) {
    const auto& request = context.request;
    if (!request.list || !request.prefix) return error("list_remove needs a list and a prefix");
    const auto removed = context.operate.list_remove(*request.list, *request.prefix);
    if (!removed) return error(removed.error());
    context.tell(
        ListChanged{.action = ListAction::removed,
                    .list = *request.list,
                    .source = *request.prefix,
                    .told = {.text = fmt::format("list {}: {} removed by the operator ({})", *request.list,
                                                 to_string(*request.prefix), context.by.who)}});
    return response(json::array());
}

json reload(const Context& context) {
    const auto id = context.operate.reload();
    if (id)
        context.tell(ConfigChanged{
            .phase = ConfigPhase::asked,
            .reload = *id,
            .told = {.text =
                         fmt::format("reload {} was asked for by the operator ({})", *id, context.by.who)}});
    return id ? response(json::array({{{"id", *id}}})) : error(id.error());
}

json reload_state(const Context& context) {
    return response(json::array({to_json(context.operate.reload_state())}));
}

/// The answer is that of any command; what follows it is written by the client's connection.
json subscribe(const Context& context) {
    if (context.by.stream == nullptr)
        return error(
            fmt::format("{} clients listen to events already, which is all there may be", most_streams));
    *context.by.stream = context.request.events;
    return response(json::array());
}

struct Command {
    std::string_view name;
    json (*run)(const Context&);
    bool changes = false;
};
constexpr std::array commands{
    Command{"stats", stats},
    Command{"flows", flows},
    Command{"sessions", sessions},
    Command{"active", active},
    Command{"domains", domains},
    Command{"agents", agents},
    Command{"honeypots", honeypots},
    Command{"pools", pools},
    Command{"rules", rules},
    Command{"report", report},
    Command{"lists", lists},
    Command{"logs", logs},
    Command{"list_entries", list_entries},
    Command{"subscribe", subscribe},
    Command{"list_add", list_add, true},
    Command{"list_remove", list_remove, true},
    Command{"reload", reload, true},
    Command{"reload_state", reload_state},
};

}  // namespace

json run_command(const Request& request, const Inspect& inspect, Operate& operate, TimePoint now,
                 const RequestBy& by) {
    if (by.right == OperatorRight::none)
        return error("neither group of [operator] has you: group may change, read_group may read");
    const auto command = std::ranges::find(commands, request.command, &Command::name);
    if (command == commands.end()) return error(fmt::format("unknown command '{}'", request.command));
    if (command->changes && by.right != OperatorRight::change)
        return error(fmt::format("you may read, and {} changes something: that is for [operator] group",
                                 request.command));
    return command->run({request, inspect, operate, now, by});
}

}  // namespace honeyswitch::control
