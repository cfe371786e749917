#include "tools/honeyctl/events.hpp"

#include <fmt/format.h>

#include "tools/honeyctl/table.hpp"

namespace honeyswitch::honeyctl {
namespace {

Json request_for(const Selection& selection) {
    Json request{{"command", "subscribe"}, {"past", !selection.follow}, {"follow", selection.follow}};
    if (!selection.types.empty()) request["types"] = selection.types;
    if (!selection.honeypot.empty()) request["honeypot"] = selection.honeypot;
    if (selection.address.length != 0) request["address"] = to_string(selection.address);
    return request;
}

/// Words stand as they are, and what has blanks in it in quotation marks.
std::string value_text(const nlohmann::ordered_json& value) {
    if (!value.is_string()) return value.dump();
    const auto& text = value.get_ref<const std::string&>();
    return printable(text.find_first_of(" \"\\\n") == std::string::npos && !text.empty() ? text
                                                                                         : value.dump());
}

}  // namespace

std::string event_text(std::string_view line) {
    const auto event = nlohmann::ordered_json::parse(line, nullptr, false);
    if (!event.is_object()) return std::string(line) + "\n";
    std::string text = fmt::format("{} {}", event.value("timestamp", ""), event.value("event_type", ""));
    for (const auto& [name, value] : event.items())
        if (name != "timestamp" && name != "event_type")
            text += fmt::format(" {}={}", name, value_text(value));
    return text + "\n";
}

CommandResult events(const Listen& listen, const Selection& selection, const Sink& sink) {
    std::uint64_t left = selection.limit;
    return listen(request_for(selection), [&](std::string_view line) {
        if (left == 0) return false;
        --left;
        return sink(selection.json ? std::string(line) + "\n" : event_text(line)) && left > 0;
    });
}

}  // namespace honeyswitch::honeyctl
