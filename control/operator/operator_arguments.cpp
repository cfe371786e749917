#include "control/operator/operator_arguments.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/nearest_name.hpp"
#include "control/operator/operator_request.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;
template <typename T>
using Parsed = std::expected<T, std::string>;

constexpr std::uint64_t shortest_insurance_ms = 1'000, longest_insurance_ms = 86'400'000;
constexpr std::uint64_t longest_lifetime_ms = 10ULL * 365 * 86'400'000;  // what is to last longer has no end

Parsed<std::uint64_t> number_of(const json& value, std::string_view key, std::uint64_t least,
                                std::uint64_t most) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() < least ||
        value.get<std::uint64_t>() > most)
        return std::unexpected(fmt::format("{} must be an integer from {} to {}", key, least, most));
    return value.get<std::uint64_t>();
}

Parsed<std::string> text_of(const json& value, std::string_view key) {
    if (!value.is_string()) return std::unexpected(fmt::format("{} must be a string", key));
    return value.get<std::string>();
}

Parsed<Ipv4Prefix> prefix_of(const json& value, std::string_view key) {
    const auto text = text_of(value, key);
    if (!text) return std::unexpected(text.error());
    const auto prefix = parse_address_or_prefix(*text);
    if (!prefix) return std::unexpected(fmt::format("{}: {}", key, prefix.error()));
    return *prefix;
}

Parsed<ProgressBy> by_of(const json& value, std::string_view key) {
    if (value == "port") return ProgressBy::port;
    if (value == "network") return ProgressBy::network;
    return std::unexpected(fmt::format("{} must be \"port\" or \"network\"", key));
}

Parsed<bool> flag_of(const json& value, std::string_view key) {
    if (!value.is_boolean()) return std::unexpected(fmt::format("{} must be true or false", key));
    return value.get<bool>();
}

Parsed<EventTypes> event_types_of(const json& value, std::string_view key) {
    if (!value.is_array() || value.empty())
        return std::unexpected(fmt::format("{} must be an array of types of events", key));
    EventTypes types;
    for (const json& element : value) {
        const auto name = text_of(element, key);
        if (!name) return std::unexpected(name.error());
        const auto type = event_type_of(*name);
        if (!type)
            return std::unexpected(fmt::format("{}: there is no type of events '{}'{}", key, *name,
                                               suggest_name(*name, event_type_names)));
        types |= only(*type);
    }
    return types | only(EventType::gap);
}

/// Pages of flows are of several tables.
std::uint64_t longest_cursor(std::string_view command) {
    constexpr std::uint64_t a_table = std::uint64_t{1} << 32, tables = 4;
    return command == "flows" ? tables * a_table - 1 : a_table - 1;
}

Parsed<void> read_member(Request& request, const std::string& key, const json& value) {
    const auto store = [](auto& place, const auto& parsed) -> Parsed<void> {
        if (!parsed) return std::unexpected(parsed.error());
        place = static_cast<std::remove_reference_t<decltype(place)>>(*parsed);
        return {};
    };
    if (key == "command") return store(request.command, text_of(value, key));
    if (key == "cursor") {
        const auto cursor = number_of(value, key, 0, longest_cursor(request.command));
        if (const auto stored = store(request.flow_cursor, cursor); !stored) return stored;
        return store(request.cursor, cursor);
    }
    if (key == "replies") return store(request.replies, flag_of(value, key));
    if (key == "limit") return store(request.limit, number_of(value, key, 1, most_rows));
    if (key == "source") return store(request.source, prefix_of(value, key));
    if (key == "destination") return store(request.destination, prefix_of(value, key));
    if (key == "by") return store(request.by, by_of(value, key));
    if (key == "list") return store(request.list, text_of(value, key));
    if (key == "link") return store(request.link, text_of(value, key));
    if (key == "prefix") return store(request.prefix, prefix_of(value, key));
    if (key == "lifetime_ms") return store(request.lifetime, number_of(value, key, 1, longest_lifetime_ms));
    if (key == "confirm_within_ms")
        return store(request.confirm_within,
                     number_of(value, key, shortest_insurance_ms, longest_insurance_ms));
    if (key == "on") return store(request.on, flag_of(value, key));
    if (key == "types") return store(request.events.types, event_types_of(value, key));
    if (key == "honeypot") return store(request.events.honeypot, text_of(value, key));
    if (key == "address") return store(request.events.address, prefix_of(value, key));
    if (key == "past") return store(request.events.past, flag_of(value, key));
    if (key == "follow") return store(request.events.follow, flag_of(value, key));
    return std::unexpected(fmt::format("unknown key '{}'", key));
}

}  // namespace

std::expected<Request, std::string> parse_request(std::string_view line) {
    const auto document = json::parse(line, nullptr, false);
    if (!document.is_object()) return std::unexpected("a request is a JSON object on one line");
    Request request;
    request.limit = default_rows;
    // First, as it says what the others may be.
    if (const auto command = document.find("command"); command != document.end())
        if (auto read = read_member(request, command.key(), *command); !read)
            return std::unexpected(read.error());
    for (const auto& [key, value] : document.items()) {
        if (auto read = read_member(request, key, value); !read) return std::unexpected(read.error());
        if (key != "command")
            request.said.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
    }
    if (request.command.empty()) return std::unexpected("a request needs a command");
    return request;
}

}  // namespace honeyswitch::control
