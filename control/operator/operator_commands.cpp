#include "control/operator/operator_commands.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/duration.hpp"
#include "control/operator/operator_names.hpp"
#include "control/operator/operator_tables.hpp"
#include "control/operator/row_json.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

/// What a command works with.
struct Context {
    const Request& request;
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

json response(json rows) {
    return {{"rows", std::move(rows)}, {"next", json()}};
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
                    .source = request.prefix,
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
                    .source = request.prefix,
                    .told = {.text = fmt::format("list {}: {} removed by the operator ({})", *request.list,
                                                 to_string(*request.prefix), context.by.who)}});
    return response(json::array());
}

json link_up(const Context& context) {
    const auto ports = context.operate.link_up(context.request.link, context.by.who, context.now);
    if (!ports) return error(ports.error());
    json rows = json::array();
    for (const std::string& port : *ports) rows.push_back({{"port", port}});
    return response(std::move(rows));
}

json reload(const Context& context) {
    const auto id =
        context.operate.reload({.by = context.by.asker(), .confirm_within = context.request.confirm_within});
    if (id)
        context.tell(ConfigChanged{
            .phase = ConfigPhase::asked,
            .reload = *id,
            .told = {.text =
                         fmt::format("reload {} was asked for by the operator ({})", *id, context.by.who)}});
    return id ? response(json::array({{{"id", *id}}})) : error(id.error());
}

json maintenance(const Context& context) {
    if (!context.request.on) return error("maintenance needs on: true or false");
    const bool on = *context.request.on;
    if (auto set = context.operate.set_maintenance(on, context.by.who, context.now); !set)
        return error(set.error());
    context.tell(ModeChanged{
        .mode = on ? ModeWord::maintenance : ModeWord::resumed,
        .told = {.text = fmt::format("maintenance was {} by the operator ({}): {}", on ? "begun" : "ended",
                                     context.by.who,
                                     on ? "nothing new is diverted, and sessions go on until they end"
                                        : "packets are diverted as the configuration says")}});
    return response(json::array({{{"on", on}}}));
}

json reload_state(const Context& context) {
    const auto state = context.operate.reload_state();
    const auto left = [&](TimePoint until) {
        return std::max<std::int64_t>((until - context.now).count(), 0);
    };
    return response(
        json::array({{{"id", state.id},
                      {"phase", name_of(state.phase)},
                      {"sentences", state.sentences},
                      {"unconfirmed", state.unconfirmed ? json(*state.unconfirmed) : json()},
                      {"confirm_within_ms", state.confirm_by ? json(left(*state.confirm_by)) : json()}}}));
}

json confirm(const Context& context) {
    const auto id = context.operate.confirm(context.by.asker());
    return id ? response(json::array({{{"id", *id}}})) : error(id.error());
}

json compare(const Context& context) {
    const auto id = context.operate.compare();
    return id ? response(json::array({{{"id", *id}}})) : error(id.error());
}

json compare_state(const Context& context) {
    const auto state = context.operate.comparison_state();
    return response(
        json::array({{{"id", state.id}, {"phase", name_of(state.phase)}, {"sentences", state.sentences}}}));
}

/// The answer is that of any command; what follows it is written by the client's connection.
json subscribe(const Context& context) {
    if (context.by.stream == nullptr)
        return error(
            fmt::format("{} clients listen to events already, which is all there may be", most_streams));
    *context.by.stream = context.request.events;
    return response(json::array());
}

/// What is no table.
struct Handler {
    enum class Changes : std::uint8_t {
        nothing,
        at_once,
        noted_by_itself,  ///< for the history, when it is done
    };
    std::string_view name;
    json (*run)(const Context&);
    Changes changes = Changes::nothing;
    /// Of a change at once, the members of its request that it uses. The history has those alone: whatever
    /// else a request says means nothing to it, and would only take its room.
    std::array<std::string_view, 3> uses{};
};
constexpr std::array handlers{
    Handler{"subscribe", subscribe},
    Handler{"list_add", list_add, Handler::Changes::at_once, {"list", "prefix", "lifetime_ms"}},
    Handler{"list_remove", list_remove, Handler::Changes::at_once, {"list", "prefix"}},
    Handler{"reload", reload, Handler::Changes::noted_by_itself},
    Handler{"reload_state", reload_state},
    Handler{"maintenance", maintenance, Handler::Changes::at_once, {"on"}},
    Handler{"link_up", link_up, Handler::Changes::at_once, {"link"}},
    Handler{"confirm", confirm, Handler::Changes::noted_by_itself},
    Handler{"compare", compare},
    Handler{"compare_state", compare_state},
};

/// "list scanners"
std::vector<std::string> noted(const Request& request, const Handler& command) {
    std::vector<std::string> words;
    for (const Said& member : request.said)
        if (std::ranges::find(command.uses, member.key) != command.uses.end())
            words.push_back(fmt::format("{} {}", member.key, member.value));
    return words;
}

}  // namespace

json run_command(const Request& request, const Inspect& inspect, Operate& operate, TimePoint now,
                 const RequestBy& by) {
    if (by.right == OperatorRight::none) return error(std::string(nobody_of_ours));
    if (auto shown = show_table(request, inspect, now)) {
        const auto state = inspect.diversion();
        if (!state.usual()) (*shown)["diversion"] = value_json(state, now);
        return std::move(*shown);
    }
    const auto command = std::ranges::find(handlers, request.command, &Handler::name);
    if (command == handlers.end()) return error(fmt::format("unknown command '{}'", request.command));
    if (command->changes != Handler::Changes::nothing && by.right != OperatorRight::change)
        return error(fmt::format("you may read, and {} changes something: that is for [operator] group",
                                 request.command));
    auto answer = command->run({request, operate, now, by});
    if (command->changes == Handler::Changes::at_once && !answer.contains("error"))
        operate.note_change(by.asker(), request.command, noted(request, *command));
    return answer;
}

}  // namespace honeyswitch::control
