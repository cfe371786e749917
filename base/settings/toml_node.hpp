// Where a node of a TOML document stands, and what it is: for messages.
#pragma once

#include <string>
#include <string_view>

#include <toml++/toml.h>

namespace honeyswitch {

/// "conf/honeyswitch.toml:12:9"
[[nodiscard]] std::string place_of(const toml::source_region& region);

/// "an integer".
[[nodiscard]] std::string_view kind_of(const toml::node& node);

}  // namespace honeyswitch
