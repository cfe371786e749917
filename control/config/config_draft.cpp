#include "control/config/config_draft.hpp"

#include <charconv>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace honeyswitch::control {
namespace {

constexpr std::size_t most_told = 20;  // a screen of them: who has more has one reason for many

/// Line and column of "conf/x.toml:12:9"; zeros where there are none.
std::pair<unsigned, unsigned> line_and_column(std::string_view place) {
    const auto number_after = [&](std::size_t colon) {
        unsigned number = 0;
        std::from_chars(place.data() + colon + 1, place.data() + place.size(), number);
        return number;
    };
    const auto second = place.rfind(':');
    if (second == std::string_view::npos || second == 0) return {};
    const auto first = place.rfind(':', second - 1);
    if (first == std::string_view::npos) return {};
    return {number_after(first), number_after(second)};
}

}  // namespace

std::vector<std::string> ConfigError::sentences() const {
    std::vector<std::string> told{place + ": " + reason};
    for (const ConfigError& other : others) {
        if (told.size() == most_told) {
            told.push_back(fmt::format("and {} further errors", others.size() + 1 - most_told));
            break;
        }
        told.push_back(other.place + ": " + other.reason);
    }
    return told;
}

std::string ConfigError::message() const {
    return fmt::format("{}", fmt::join(sentences(), "\n"));
}

std::expected<void, ConfigError> ConfigErrors::result() const {
    if (found_.empty()) return {};
    ConfigError all = found_.front();
    all.others.assign(found_.begin() + 1, found_.end());
    return std::unexpected(std::move(all));
}

std::expected<void, ConfigError> ConfigErrors::in_order_of_lines() {
    std::multimap<std::pair<unsigned, unsigned>, ConfigError> sorted;
    for (ConfigError& error : found_) {
        const auto at = line_and_column(error.place);
        sorted.emplace(at, std::move(error));
    }
    found_.clear();
    for (auto& [at, error] : sorted) found_.push_back(std::move(error));
    return result();
}

}  // namespace honeyswitch::control
