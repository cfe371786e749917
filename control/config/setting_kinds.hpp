// The kinds of values that settings have: each makes a Setting from a member of Config.
#pragma once

#include <charconv>
#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/choice.hpp"
#include "base/duration.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {

/// What every kind is told of a setting.
struct SettingName {
    std::string_view table, key, value;
    std::string help;  ///< a sentence without the range
};

using SetResult = std::expected<void, std::string>;

/// Marks a setting that a running switch can take on; without it a change needs a restart.
inline Setting at_run_time(Setting setting) {
    setting.at_run_time = true;
    return setting;
}

template <typename Access>
using ValueOf = std::remove_cvref_t<std::invoke_result_t<Access, Config&>>;

/// An integer from `least` to `most`. `member` is a pointer to a member of Config, or a function from it to
/// one.
template <typename Access, std::unsigned_integral Integer = ValueOf<Access>>
Setting integer_setting(SettingName name, Access member, std::type_identity_t<Integer> least,
                        std::type_identity_t<Integer> most) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        Integer number = 0;
        const char* const begin = text.data();
        const char* const end = begin + text.size();
        const auto [rest, failure] = std::from_chars(begin, end, number);
        if (failure != std::errc{} || rest != end || number < least || number > most)
            return std::unexpected(fmt::format("'{}' is not an integer from {} to {}", text, least, most));
        std::invoke(member, config) = number;
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            fmt::format("{}, {} to {}", name.help, least, most),
            Setting::Kind::integer,
            set,
            nullptr,
            [=](const Config& config) { return fmt::format("{}", std::invoke(member, config)); }};
}

/// A duration from `least` to `most`.
inline Setting duration_setting(SettingName name, Milliseconds Config::* member, Milliseconds least,
                                Milliseconds most) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        const auto duration = parse_duration(text, least, most);
        if (!duration) return std::unexpected(duration.error());
        config.*member = *duration;
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            fmt::format("{}, {} to {}", name.help, duration_text(least), duration_text(most)),
            Setting::Kind::text,
            set,
            nullptr,
            [=](const Config& config) { return duration_text(config.*member); }};
}

/// One word of a few.
template <typename T>
Setting choice_setting(SettingName name, T Config::* member,
                       const std::type_identity_t<Choices<T>>& choices) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        auto meaning = parse_choice(text, choices);
        if (!meaning) return std::unexpected(meaning.error());
        config.*member = std::move(*meaning);
        return {};
    };
    return {name.table,
            name.key,
            name.value,
            fmt::format("{}: {}", name.help, words_of(choices)),
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

/// Any number of what `parse` reads. `write` is its inverse.
template <typename T, typename Parse, typename Write>
Setting list_setting(SettingName name, std::vector<T> Config::* member, Parse parse, Write write) {
    const auto set = [=](Config& config, std::string_view text) -> SetResult {
        auto parsed = parse(text);
        if (!parsed) return std::unexpected(parsed.error());
        (config.*member).push_back(std::move(*parsed));
        return {};
    };
    const auto show = [=](const Config& config) {
        std::vector<std::string> shown;
        for (const auto& element : config.*member) shown.push_back(write(element));
        return fmt::format("{}", fmt::join(shown, ", "));
    };
    return {name.table,
            name.key,
            name.value,
            std::move(name.help),
            Setting::Kind::list,
            set,
            [=](Config& config) { (config.*member).clear(); },
            show};
}

}  // namespace honeyswitch::control
