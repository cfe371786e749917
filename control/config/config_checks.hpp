// The rules of config_check.cpp, a file for each family of values.
#pragma once

#include <concepts>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "control/config/config_draft.hpp"

namespace honeyswitch::control {

using Check = std::expected<void, Complaint>;
using Warnings = std::vector<std::string>;

/// config_checks_addresses.cpp: agents, dark and active prefixes, the campus.
[[nodiscard]] Check check_addresses(const ConfigDraft& draft, Warnings& warnings);
/// config_checks_honeypots.cpp: pools, honeypots, tiers.
[[nodiscard]] Check check_honeypots(const ConfigDraft& draft, Warnings& warnings);
/// config_checks_ports.cpp: links, and ports of honeypots
[[nodiscard]] Check check_ports(const ConfigDraft& draft, Warnings& warnings);
[[nodiscard]] Check check_mtu(const ConfigDraft& draft, Warnings& warnings);
/// config_checks_policy.cpp: rules, lists, logs.
[[nodiscard]] Check check_policy(const ConfigDraft& draft, Warnings& warnings);
/// config_checks_containment.cpp
[[nodiscard]] Check check_containment(const ConfigDraft& draft, Warnings& warnings);

/// The error at the place of `value`.
[[nodiscard]] inline std::unexpected<Complaint> refuse(const ConfigDraft& draft, std::string_view value,
                                                       std::string reason) {
    return std::unexpected(Complaint{draft.place_of(value), std::move(reason)});
}

inline void warn(const ConfigDraft& draft, std::string_view value, Warnings& warnings,
                 std::string_view reason) {
    warnings.push_back(fmt::format("{}: {}", draft.place_of(value), reason));
}

/// "dark[1]"
[[nodiscard]] inline std::string element(std::string_view list, std::size_t index) {
    return fmt::format("{}[{}]", list, index);
}

/// "[[agent]][1].name", or the record as a whole
[[nodiscard]] inline std::string record(std::string_view kind, std::size_t index, std::string_view key = "") {
    return fmt::format("[[{}]][{}]{}{}", kind, index, key.empty() ? "" : ".", key);
}

/// No two records of a kind have one name.
template <typename Record>
[[nodiscard]] Check check_names(const ConfigDraft& draft, std::string_view kind,
                                const std::vector<Record>& records) {
    std::map<std::string_view, std::size_t> seen;
    for (std::size_t i = 0; i < records.size(); ++i)
        if (!seen.emplace(records[i].name, i).second)
            return refuse(draft, record(kind, i, "name"),
                          fmt::format("[[{}]] '{}': another {} has this name", kind, records[i].name, kind));
    return {};
}

}  // namespace honeyswitch::control
