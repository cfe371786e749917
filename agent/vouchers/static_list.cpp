#include "agent/vouchers/static_list.hpp"

namespace honeyswitch::agent {

std::expected<std::vector<Ipv4Prefix>, ListFault> parse_static_list(std::string_view text) {
    std::vector<Ipv4Prefix> prefixes;
    for (unsigned number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        line = line.substr(0, line.find('#'));
        const auto begin = line.find_first_not_of(" \t\r");
        if (begin == std::string_view::npos) continue;
        line = line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
        if (line.contains('/')) {
            const auto prefix = parse_prefix(line);
            if (!prefix) return std::unexpected(ListFault{number, prefix.error()});
            prefixes.push_back(*prefix);
        } else {
            const auto address = parse_address(line);
            if (!address) return std::unexpected(ListFault{number, address.error()});
            prefixes.push_back(Ipv4Prefix::of(*address, 32));
        }
    }
    return prefixes;
}

}  // namespace honeyswitch::agent
