#include "tools/honeyctl/pages.hpp"

#include <algorithm>

namespace honeyswitch::honeyctl {
namespace {

Json request_for(std::string_view command, const Selection& selection) {
    Json request{{"command", command}};
    if (selection.source.length != 0) request["source"] = to_string(selection.source);
    if (selection.destination.length != 0) request["destination"] = to_string(selection.destination);
    if (!selection.list.empty()) request["list"] = selection.list;
    if (selection.replies) request["replies"] = true;
    return request;
}

}  // namespace

std::expected<void, std::string> each_page(const Ask& ask, Json request, const PageSink& take) {
    while (true) {
        const auto response = ask(request);
        if (!response) return std::unexpected(response.error());
        if (!response->contains("rows") || !response->contains("next"))
            return std::unexpected("the switch's answer is not understood: is it of another version?");
        if (!take(*response) || (*response)["next"].is_null()) return {};
        request["cursor"] = (*response)["next"];
    }
}

std::expected<void, std::string> each_row(const Ask& ask, std::string_view command,
                                          const Selection& selection, const RowSink& take) {
    return each_page(ask, request_for(command, selection),
                     [&](const Json& response) { return std::ranges::all_of(response["rows"], take); });
}

std::expected<Json, std::string> ask_rows(const Ask& ask, const Json& request) {
    Json rows;
    auto asked = each_page(ask, request, [&](const Json& response) {
        rows = response["rows"];
        return false;
    });
    if (!asked) return std::unexpected(asked.error());
    return rows;
}

}  // namespace honeyswitch::honeyctl
