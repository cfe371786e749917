#include "tools/honeyctl/changes.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

constexpr std::chrono::milliseconds between_looks{50};  // at a reload: it takes some hundred milliseconds

CommandResult change(const Ask& ask, const Json& request, const Sink& sink, const std::string& done) {
    const auto rows = ask_rows(ask, request);
    if (!rows) return std::unexpected(rows.error());
    sink(done);
    return {};
}

}  // namespace

std::string lines_of(const Json& sentences) {
    std::string text;
    for (const auto& sentence : sentences) text += "\n  " + printable(sentence.get<std::string>());
    return text;
}

std::expected<Json, std::string> wait_for(const Ask& ask, std::string_view command, std::string_view what,
                                          std::uint64_t id) {
    while (true) {
        const auto rows = ask_rows(ask, {{"command", command}});
        if (!rows) return std::unexpected(rows.error());
        const auto& state = rows->at(0);
        if (state.at("id") != id)
            return std::unexpected(fmt::format("another {} began before the end of this one was seen", what));
        if (state.at("phase") != "running") return state;
        std::this_thread::sleep_for(between_looks);
    }
}

CommandResult list_add(const Ask& ask, const Selection& selection, const Sink& sink) {
    const auto prefix = to_string(selection.prefix);
    Json request{{"command", "list_add"}, {"list", selection.list}, {"prefix", prefix}};
    if (selection.lifetime_ms) request["lifetime_ms"] = *selection.lifetime_ms;
    const auto rows = ask_rows(ask, request);
    if (!rows) return std::unexpected(rows.error());
    const bool kept = !rows->empty() && rows->at(0).value("kept", false);
    sink(fmt::format("{} is on {}{}\n", prefix, selection.list,
                     kept ? "" : "; a restart of honeyswitch forgets it, as it has no state directory"));
    return {};
}

CommandResult list_remove(const Ask& ask, const Selection& selection, const Sink& sink) {
    const auto prefix = to_string(selection.prefix);
    return change(ask, {{"command", "list_remove"}, {"list", selection.list}, {"prefix", prefix}}, sink,
                  fmt::format("{} is no longer on {}\n", prefix, selection.list));
}

CommandResult link_up(const Ask& ask, const Selection& selection, const Sink& sink) {
    Json request{{"command", "link_up"}};
    if (!selection.link.empty()) request["link"] = selection.link;
    const auto rows = ask_rows(ask, request);
    if (!rows) return std::unexpected(rows.error());
    for (const auto& row : *rows) sink(fmt::format("{} is let up\n", row.at("port").get<std::string>()));
    if (rows->empty()) sink("no port of a link is held down\n");
    return {};
}

CommandResult maintenance(const Ask& ask, const Selection& selection, const Sink& sink) {
    const auto rows = ask_rows(ask, {{"command", "maintenance"}, {"on", selection.on}});
    if (!rows) return std::unexpected(rows.error());
    sink(rows->at(0).at("on").get<bool>()
             ? "maintenance: nothing new is diverted, and sessions go on until they end\n"
             : "maintenance is over\n");
    return {};
}

CommandResult reload(const Ask& ask, const Selection& selection, const Sink& sink) {
    Json request{{"command", "reload"}};
    if (selection.lifetime_ms) request["confirm_within_ms"] = *selection.lifetime_ms;
    const auto begun = ask_rows(ask, request);
    if (!begun) return std::unexpected(begun.error());
    const auto ended = wait_for(ask, "reload_state", "reload", begun->at(0).at("id").get<std::uint64_t>());
    if (!ended) return std::unexpected(ended.error());
    const auto sentences = lines_of(ended->at("sentences"));
    if (ended->at("phase") != "done")
        return std::unexpected("the configuration is refused, and the old one stays:" + sentences);
    sink("reloaded" + sentences + "\n");
    return {};
}

CommandResult confirm(const Ask& ask, const Selection&, const Sink& sink) {
    const auto rows = ask_rows(ask, {{"command", "confirm"}});
    if (!rows) return std::unexpected(rows.error());
    sink(fmt::format("reload {} is confirmed: what is in force stays\n",
                     rows->at(0).at("id").get<std::uint64_t>()));
    return {};
}

}  // namespace honeyswitch::honeyctl
