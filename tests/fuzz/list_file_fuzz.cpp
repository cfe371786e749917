// Any text as a list of sources; what portions it comes in makes no difference.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "control/lists/list_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace honeyswitch;
    using namespace honeyswitch::control;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto list = parse_list("list", text);
    if (list) {
        if (!std::ranges::is_sorted(*list)) std::abort();
        for (const auto prefix : *list) {
            if (prefix.length < shortest_listed_prefix) std::abort();
            if (parse_source(text_of_source(prefix)) != prefix) std::abort();
        }
    } else if (!list.error().place.starts_with("list:") || list.error().message().size() > 300) {
        std::abort();
    }

    ListParser parser("list");
    const std::size_t portion = size == 0 ? 1 : 1 + data[0] % 16;
    for (std::size_t at = 0; at < size; at += portion)
        if (!parser.feed(text.substr(at, portion))) return list ? std::abort(), 0 : 0;
    const auto again = parser.finish();
    if (again.has_value() != list.has_value() || (list && *again != *list)) std::abort();
    return 0;
}
