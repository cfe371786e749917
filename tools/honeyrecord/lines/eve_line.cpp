#include "tools/honeyrecord/lines/eve_line.hpp"

#include <string_view>

#include <fmt/format.h>

namespace honeyswitch::record {
namespace {

/// What is not UTF-8 is replaced.
std::string json_of(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string eve_line(const Event& event) {
    std::string line = fmt::format(R"({{"timestamp":"{}")", time_text(event.time));
    if (event.session) line += fmt::format(R"(,"flow_id":{})", event.session->flow_id);
    line += R"(,"event_type":)";
    line += json_of(event.type);
    for (const auto& [name, value] : event.body.items()) {
        if (name == "timestamp" || name == "event_type") continue;
        if (event.session && (name == "flow_id" || name == "community_id")) continue;
        line += ',';
        line += json_of(name);
        line += ':';
        line += json_of(value);
    }
    // What EVE calls the interface is the link here, whose two interfaces are one wire.
    if (const auto link = event.body.find("link"); event.session && link != event.body.end())
        line += R"(,"in_iface":)" + json_of(*link);
    if (event.session && !event.session->community_id.empty())
        line += fmt::format(R"(,"community_id":"{}")", event.session->community_id);
    line += '}';
    return line;
}

}  // namespace honeyswitch::record
