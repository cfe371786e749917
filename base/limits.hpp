// How many there can be of what an operator names one by one. The configuration refuses more, tables have
// room for as many, and where a table has a reason of its own, it asserts that it holds them.
#pragma once

#include <cstddef>

namespace honeyswitch::limits {

inline constexpr std::size_t pools = 64;
inline constexpr std::size_t honeypots = 255;
inline constexpr std::size_t honeypot_ports = 8;
inline constexpr std::size_t links = 8;
inline constexpr std::size_t rules = 10'000;
/// Combinations of source, destination and ports, of all rules together.
inline constexpr std::size_t rule_combinations = 65'536;
inline constexpr std::size_t lists = 48;
inline constexpr std::size_t auth_logs = 64;
inline constexpr std::size_t tiers = 32;
inline constexpr std::size_t agents = 65'535;
inline constexpr unsigned workers = 127;

}  // namespace honeyswitch::limits
