// Durations as an operator writes them: a number and its unit.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace honeyswitch {

using Microseconds = std::chrono::microseconds;

/// "60s", "500ms", "10m", "1h", "50us". The unit is never implied. The error is the reason alone; the caller
/// knows the place.
[[nodiscard]] std::expected<Microseconds, std::string> parse_duration(std::string_view text);

/// The same for a whole number of milliseconds from `least` to `most`.
[[nodiscard]] std::expected<Milliseconds, std::string> parse_duration(std::string_view text,
                                                                      Milliseconds least, Milliseconds most);

/// In the largest unit that is exact: 60 s is "1m", 1500 ms is "1500ms".
[[nodiscard]] std::string duration_text(Microseconds duration);

}  // namespace honeyswitch
