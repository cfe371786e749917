// A file of addresses that are always active: an address or a prefix on each line, # begins a comment.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.hpp"

namespace honeyswitch::agent {

struct ListFault {
    unsigned line = 0;
    std::string reason;
};

[[nodiscard]] std::expected<std::vector<Ipv4Prefix>, ListFault> parse_static_list(std::string_view text);

}  // namespace honeyswitch::agent
