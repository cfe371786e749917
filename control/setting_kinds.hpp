// The kinds of values that settings have: each makes a Setting from a member of Config.
#pragma once

#include <charconv>
#include <concepts>
#include <span>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "control/duration.hpp"
#include "control/setting.hpp"

namespace honeyswitch::control {

/// What every kind is told of a setting.
struct SettingName {
    std::string_view table, key, value;
    std::string help;  ///< a sentence without the range
};

using SetResult = std::expected<void, std::string>;

/// An integer from `least` to `most`.
template <std::unsigned_integral Integer>
Setting integer_setting(SettingName name, Integer Config::* member, std::type_identity_t<Integer> least,
                        std::type_identity_t<Integer> most) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        Integer number = 0;
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        const auto [rest, failure] = std::from_chars(begin, end, number);
        if (failure != std::errc{} || rest != end || number < least || number > most)
            return std::unexpected(fmt::format("'{}' is not an integer from {} to {}", text, least, most));
        config.*member = number;
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            fmt::format("{}, {} to {}", name.help, least, most),
            Setting::Kind::integer,
            set,
            nullptr,
            [=](const Config& config) { return fmt::format("{}", config.*member); }};
}

/// A duration from `least` to `most`.
inline Setting duration_setting(SettingName name, Milliseconds Config::* member, Milliseconds least,
                                Milliseconds most) {
    const auto range = fmt::format("{} to {}", to_string(least), to_string(most));
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        const auto duration = parse_duration(text);
        if (!duration) return std::unexpected(duration.error());
        if (*duration < least || *duration > most)
            return std::unexpected(fmt::format("'{}' is not from {}", text, range));
        const auto whole = std::chrono::duration_cast<Milliseconds>(*duration);
        if (whole != *duration)
            return std::unexpected(fmt::format("'{}' is no whole number of milliseconds", text));
        config.*member = whole;
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            fmt::format("{}, {}", name.help, range),
            Setting::Kind::text,
            set,
            nullptr,
            [=](const Config& config) { return to_string(config.*member); }};
}

/// One word of a few.
template <typename T>
Setting choice_setting(SettingName name, T Config::* member,
                       const std::vector<std::pair<std::string_view, T>>& choices) {
    std::vector<std::string_view> words;
    words.reserve(choices.size());
    for (const auto& [word, meaning] : choices) words.push_back(word);
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        for (const auto& [word, meaning] : choices)
            if (word == text) {
                config.*member = meaning;
                return {};
            }
        return std::unexpected(fmt::format("'{}' is not one of {}", text, fmt::join(words, ", ")));
    };
    return {name.table,
            name.key,
            name.value,
            fmt::format("{}: {}", name.help, fmt::join(words, ", ")),
            Setting::Kind::text,
            set,
            nullptr,
            [=](const Config& config) {
                for (const auto& [word, meaning] : choices)
                    if (meaning == config.*member) return std::string(word);
                return std::string();
            }};
}

/// Whatever `parse` reads: std::expected<T, std::string>(std::string_view). `write` is its inverse.
template <typename T, typename Parse, typename Write>
Setting text_setting(SettingName name, T Config::* member, Parse parse, Write write) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        auto parsed = parse(text);
        if (!parsed) return std::unexpected(parsed.error());
        config.*member = std::move(*parsed);
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            std::move(name.help),
            Setting::Kind::text,
            set,
            nullptr,
            [=](const Config& config) { return write(config.*member); }};
}

/// Any number of what `parse` reads.
template <typename T, typename Parse>
Setting list_setting(SettingName name, std::vector<T> Config::* member, Parse parse) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        auto parsed = parse(text);
        if (!parsed) return std::unexpected(parsed.error());
        (config.*member).push_back(std::move(*parsed));
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            std::move(name.help),
            Setting::Kind::list,
            set,
            [=](Config& config) { (config.*member).clear(); },
            [](const Config&) { return std::string(); }};
}

}  // namespace honeyswitch::control
