#include "tools/honeyctl/source.hpp"

namespace honeyswitch::honeyctl {
namespace {

Json request_for(std::string_view command, const Selection& selection) {
    Json request{{"command", command}};
    if (selection.source.length != 0) request["source"] = to_string(selection.source);
    if (selection.destination.length != 0) request["destination"] = to_string(selection.destination);
    return request;
}

}  // namespace

std::expected<void, std::string> each_row(const Ask& ask, std::string_view command,
                                          const Selection& selection, const RowSink& take) {
    auto request = request_for(command, selection);
    while (true) {
        const auto response = ask(request);
        if (!response) return std::unexpected(response.error());
        if (!response->contains("rows") || !response->contains("next"))
            return std::unexpected("the switch's answer is not understood: is it of another version?");
        for (const auto& row : (*response)["rows"])
            if (!take(row)) return {};
        if ((*response)["next"].is_null()) return {};
        request["cursor"] = (*response)["next"];
    }
}

}  // namespace honeyswitch::honeyctl
