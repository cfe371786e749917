#include "agent/vouchers/static_list.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace honeyswitch::agent {

std::expected<std::vector<Ipv4Prefix>, Complaint> parse_static_list(const std::filesystem::path& file,
                                                                    std::string_view text) {
    std::vector<Ipv4Prefix> prefixes;
    for (unsigned number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) continue;
        line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
        const auto prefix = parse_address_or_prefix(line);
        if (!prefix)
            return std::unexpected(Complaint{fmt::format("{}:{}", file.string(), number), prefix.error()});
        prefixes.push_back(*prefix);
    }
    return prefixes;
}

}  // namespace honeyswitch::agent
