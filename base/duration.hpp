// Durations as an operator writes them: a number and its unit.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace honeyswitch {

using Microseconds = std::chrono::microseconds;

/// "60s", "500ms", "10m" or "10min", "1h", "7d", "2w", "50us". The unit is never implied. The error is the
/// reason alone, also for more than 64 bits of microseconds hold; the caller knows the place.
[[nodiscard]] std::expected<Microseconds, std::string> parse_duration(std::string_view text);

/// The same from `least` to `longest`; the error names both.
[[nodiscard]] std::expected<Microseconds, std::string> parse_fine_duration(std::string_view text,
                                                                           Microseconds least,
                                                                           Microseconds longest);

/// The same for a whole number of milliseconds. Errors do not offer microseconds.
[[nodiscard]] std::expected<Milliseconds, std::string> parse_duration(std::string_view text,
                                                                      Milliseconds least,
                                                                      Milliseconds longest);

/// In the largest unit up to hours that is exact: 60 s is "1m", 1500 ms is "1500ms", a week "168h".
[[nodiscard]] std::string duration_text(Microseconds duration);

}  // namespace honeyswitch
