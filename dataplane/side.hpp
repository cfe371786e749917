// The three ports of the box, by what is behind them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace honeyswitch::dataplane {

enum class Side : std::uint8_t { outside, inside, honeypot };
inline constexpr unsigned side_count = 3;
inline constexpr std::array<std::string_view, side_count> side_names{"outside", "inside", "honeypot"};

}  // namespace honeyswitch::dataplane
