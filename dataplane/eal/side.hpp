// The ports of the box, by what is behind them.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/limits.hpp"

namespace honeyswitch::dataplane {

enum class Side : std::uint8_t { outside, inside, honeypot };
inline constexpr unsigned side_count = 3;
inline constexpr std::array<std::string_view, side_count> side_names{"outside", "inside", "honeypot"};

/// One outside, one inside, and one or more towards honeypots, in this order.
using PortIndex = std::uint8_t;
inline constexpr PortIndex outside_port = 0, inside_port = 1, first_honeypot_port = 2;
inline constexpr unsigned most_honeypot_ports = limits::honeypot_ports;
inline constexpr PortIndex no_port = 255;
inline constexpr unsigned most_ports = first_honeypot_port + most_honeypot_ports;

[[nodiscard]] constexpr Side side_of(PortIndex port) {
    return port < first_honeypot_port ? static_cast<Side>(port) : Side::honeypot;
}

}  // namespace honeyswitch::dataplane
