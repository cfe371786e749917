// How deep the dotted keys of a TOML document go, before a parser is asked.
//
// toml++ makes a table for each part of a dotted key and limits only how deep values are nested. It frees
// tables by recursion: some 100,000 parts, which fit in 200 KB, are more than a stack holds.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace honeyswitch {

/// More parts than any key of ours has.
inline constexpr std::size_t most_key_parts = 16;

/// The line (from 1 on) of the first key, or heading of a table, that has more than `most_key_parts` parts.
/// Exact in what a TOML parser accepts; after an error in the text, whatever it says does not matter.
[[nodiscard]] std::optional<std::size_t> line_of_too_deep_key(std::string_view text);

}  // namespace honeyswitch
