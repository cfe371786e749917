// "did you mean …?"
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace honeyswitch {

/// "; did you mean 'idle_timeout'?" for the known name nearest to `name`, or nothing if none is near.
[[nodiscard]] std::string suggest_name(std::string_view name, std::span<const std::string_view> known);

}  // namespace honeyswitch
