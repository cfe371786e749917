// A file of addresses that are always active: an address or a prefix on each line, # begins a comment.
#pragma once

#include <expected>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/address.hpp"
#include "base/complaint.hpp"

namespace honeyswitch::agent {

/// `file` is for complaints alone, whose place is "FILE:LINE".
[[nodiscard]] std::expected<std::vector<Ipv4Prefix>, Complaint> parse_static_list(
    const std::filesystem::path& file, std::string_view text);

}  // namespace honeyswitch::agent
