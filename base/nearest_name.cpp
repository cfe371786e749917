#include "base/nearest_name.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace honeyswitch {
namespace {

/// Levenshtein's distance, row by row.
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < one.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < other.size(); ++j) {
            const std::size_t replaced = diagonal + (one[i] == other[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j + 1] + 1, row[j] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggest_name(std::string_view name, std::span<const std::string_view> known) {
    std::string_view nearest;
    // A third of the letters may differ, so that a suggestion looks like what was written.
    std::size_t best = std::max<std::size_t>(name.size() / 3, 1) + 1;
    for (const auto candidate : known) {
        const auto steps = distance(name, candidate);
        if (steps < best) {
            best = steps;
            nearest = candidate;
        }
    }
    return nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
}

}  // namespace honeyswitch
