#include "control/operator/operator_request.hpp"

#include <nlohmann/json.hpp>

#include "control/operator/operator_arguments.hpp"
#include "control/operator/operator_commands.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

json respond(std::string_view line, const Inspect& inspect, Operate& operate, TimePoint now,
             const RequestBy& by) {
    const auto request = parse_request(line);
    if (!request) return {{"error", request.error()}};
    return run_command(*request, inspect, operate, now, by);
}

}  // namespace

std::string answer(std::string_view line, const Inspect& inspect, Operate& operate, TimePoint now,
                   const RequestBy& by) {
    // Names of devices may be any bytes; what is not UTF-8 is replaced rather than refused.
    return respond(line, inspect, operate, now, by).dump(-1, ' ', false, json::error_handler_t::replace) +
           "\n";
}

}  // namespace honeyswitch::control
