#include "control/lists/list_check.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "control/lists/list_file.hpp"
#include "control/lists/log_tail.hpp"

namespace honeyswitch::control {

std::vector<ListFinding> check_list_files(std::span<const SourceList> lists, std::span<const AuthLog> logs,
                                          std::size_t capacity) {
    std::vector<ListFinding> findings;
    std::vector<Ipv4Prefix> all;  // in order, each once
    for (const auto& list : lists) {
        if (list.file.empty()) continue;
        const auto prefixes = read_list_file(list.file);
        if (!prefixes) {
            findings.push_back({prefixes.error().kind != ListComplaint::Kind::missing,
                                fmt::format("list {}: {}", list.name, prefixes.error().message())});
            continue;
        }
        std::vector<Ipv4Prefix> both;
        std::ranges::set_union(all, *prefixes, std::back_inserter(both));
        all = std::move(both);
    }
    if (all.size() > capacity)
        findings.push_back(
            {true, fmt::format("the files of all lists have {} sources together, and there is room "
                               "for {}: raise source_capacity",
                               all.size(), capacity)});
    for (const auto& log : logs)
        if (const LogTail tail(log.file); tail.error() != 0)
            findings.push_back({false, fmt::format("log {}: {}; it is followed once it can be read",
                                                   log.file.string(), tail.reason())});
    return findings;
}

}  // namespace honeyswitch::control
