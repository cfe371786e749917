#include "control/operator_request.hpp"

#include <algorithm>
#include <array>
#include <expected>
#include <limits>

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "control/operator_rows.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;
template <typename T>
using Parsed = std::expected<T, std::string>;

constexpr Ipv4Prefix everything{{0}, 0};

struct Request {
    std::string command;
    std::uint32_t cursor = 0;
    std::size_t limit = default_rows;
    Ipv4Prefix source = everything;
    Ipv4Prefix destination = everything;
};

Parsed<std::uint64_t> number_of(const json& value, std::string_view key, std::uint64_t least,
                                std::uint64_t most) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
        value.get<std::uint64_t>() > most)
        return std::unexpected(fmt::format("{} must be an integer from {} to {}", key, least, most));
    return value.get<std::uint64_t>();
}

Parsed<Ipv4Prefix> prefix_of(const json& value, std::string_view key) {
    if (!value.is_string()) return std::unexpected(fmt::format("{} must be a string", key));
    const auto prefix = agent::parse_prefix(value.get_ref<const std::string&>());
    if (!prefix) return std::unexpected(fmt::format("{}: {}", key, prefix.error()));
    return *prefix;
}

Parsed<void> read_member(Request& request, const std::string& key, const json& value) {
    const auto store = [](auto& place, const auto& parsed) -> Parsed<void> {
        if (!parsed) return std::unexpected(parsed.error());
        place = static_cast<std::remove_reference_t<decltype(place)>>(*parsed);
        return {};
    };
    if (key == "cursor")
        return store(request.cursor, number_of(value, key, 0, std::numeric_limits<std::uint32_t>::max()));
    if (key == "limit") return store(request.limit, number_of(value, key, 1, most_rows));
    if (key == "source") return store(request.source, prefix_of(value, key));
    if (key == "destination") return store(request.destination, prefix_of(value, key));
    if (key != "command") return std::unexpected(fmt::format("unknown key '{}'", key));
    if (!value.is_string()) return std::unexpected("command must be a string");
    request.command = value.get<std::string>();
    return {};
}

Parsed<Request> parse_request(std::string_view line) {
    const auto document = json::parse(line, nullptr, false);
    if (!document.is_object()) return std::unexpected("a request is a JSON object on one line");
    Request request;
    for (const auto& [key, value] : document.items())
        if (auto read = read_member(request, key, value); !read) return std::unexpected(read.error());
    if (request.command.empty()) return std::unexpected("a request needs a command");
    return request;
}

json sessions(const Request& request, const Inspect& inspect, TimePoint now) {
    const auto page = inspect.sessions(request.cursor, request.limit);
    json rows = json::array();
    for (const auto& row : page.rows)
        if (request.source.contains(Ipv4Address{row.stats.key.outside.host()}) &&
            request.destination.contains(Ipv4Address{row.stats.key.inside.host()}))
            rows.push_back(to_json(row, now));
    return {{"rows", std::move(rows)}, {"next", page.next ? json(*page.next) : json()}};
}

/// The cursor is an address: the table is in order of addresses, so a prefix is one stretch of it.
json active(const Request& request, const Inspect& inspect, TimePoint now) {
    const auto from = std::max(Ipv4Address{request.cursor}, request.destination.network);
    const auto page = inspect.active(from, request.limit);
    json rows = json::array();
    for (const auto& row : page.rows)
        if (request.destination.contains(row.address)) rows.push_back(to_json(row, now));
    const bool more = page.next && request.destination.contains(*page.next);
    return {{"rows", std::move(rows)}, {"next", more ? json(page.next->value) : json()}};
}

json domains(const Request& request, const Inspect& inspect, TimePoint now) {
    json rows = json::array();
    for (const auto& row : inspect.domains())
        if (request.destination.contains(row.prefix)) rows.push_back(to_json(row, now));
    return {{"rows", std::move(rows)}, {"next", nullptr}};
}

json agents(const Request&, const Inspect& inspect, TimePoint now) {
    json rows = json::array();
    for (const auto& row : inspect.agents()) rows.push_back(to_json(row, now));
    return {{"rows", std::move(rows)}, {"next", nullptr}};
}

json stats(const Request&, const Inspect& inspect, TimePoint) {
    return {{"rows", json::array({to_json(inspect.stats(), inspect.idle_timeout())})}, {"next", nullptr}};
}

struct Command {
    std::string_view name;
    json (*run)(const Request&, const Inspect&, TimePoint);
};
constexpr std::array commands{Command{"stats", stats}, Command{"sessions", sessions},
                              Command{"active", active}, Command{"domains", domains},
                              Command{"agents", agents}};

json respond(std::string_view line, const Inspect& inspect, TimePoint now) {
    const auto request = parse_request(line);
    if (!request) return {{"error", request.error()}};
    const auto command = std::ranges::find(commands, request->command, &Command::name);
    if (command == commands.end()) return {{"error", fmt::format("unknown command '{}'", request->command)}};
    return command->run(*request, inspect, now);
}

}  // namespace

std::string answer(std::string_view line, const Inspect& inspect, TimePoint now) {
    // Names of devices may be any bytes; what is not UTF-8 is replaced rather than refused.
    return respond(line, inspect, now).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace honeyswitch::control
