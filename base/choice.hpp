// One word of a few.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace honeyswitch {

/// Each word and its meaning.
template <typename T>
using Choices = std::vector<std::pair<std::string_view, T>>;

/// "session, limited, open"
template <typename T>
[[nodiscard]] std::string words_of(const Choices<T>& choices, std::string_view between = ", ") {
    std::vector<std::string_view> words;
    words.reserve(choices.size());
    for (const auto& [word, meaning] : choices) words.push_back(word);
    return fmt::format("{}", fmt::join(words, between));
}

/// What `text` means. The error is the reason alone; the caller knows the place.
template <typename T>
[[nodiscard]] std::expected<T, std::string> parse_choice(std::string_view text, const Choices<T>& choices) {
    for (const auto& [word, meaning] : choices)
        if (word == text) return meaning;
    return std::unexpected(fmt::format("'{}' is not one of {}", text, words_of(choices)));
}

}  // namespace honeyswitch
