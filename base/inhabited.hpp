// Addresses on which no host can be.
#pragma once

#include <optional>
#include <string>

#include "base/address.hpp"

namespace honeyswitch {

/// What is wrong with a prefix that hosts should be on, a clause that goes on from its name: "overlaps with
/// 127.0.0.0/8 (loopback), where no host can be". Nothing: it is fine.
[[nodiscard]] std::optional<std::string> nobody_on(Ipv4Prefix prefix);

}  // namespace honeyswitch
