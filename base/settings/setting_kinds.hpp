// The kinds of values that settings have: each makes a setting from a member of the object that holds them.
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
#include "base/settings/setting.hpp"

namespace honeyswitch {

/// What every kind is told of a setting.
struct SettingName {
    std::string_view table, key;
    std::string value;  ///< what help calls the argument; of a choice: nothing, as its words follow from it
    std::string help;   ///< a sentence without the range
};

/// Marks a setting that a running switch can take on; without it a change needs a restart.
template <typename Setting>
[[nodiscard]] Setting at_run_time(Setting setting) {
    setting.at_run_time = true;
    return setting;
}

/// A setting that had another name in the file. Its option followed from the key, as it does today.
template <typename Setting>
[[nodiscard]] Setting formerly(FormerKey former, Setting setting) {
    SettingInfo before;
    before.key = former.key;
    if (before.option() != setting.option()) setting.former_options.push_back(before.option());
    setting.former_keys.push_back(former);
    return setting;
}

/// A setting that had another option alone: "--hold".
template <typename Setting>
[[nodiscard]] Setting with_former_option(std::string option, Setting setting) {
    setting.former_options.push_back(std::move(option));
    return setting;
}

/// A setting one of whose words was another one.
template <typename Setting>
[[nodiscard]] Setting with_former_value(std::string_view before, std::string_view today, Setting setting) {
    setting.renewed = [=](std::string_view text) {
        return text == before ? std::optional<std::string>(today) : std::nullopt;
    };
    return setting;
}

/// Of an optional: what it may hold.
template <typename T>
struct Held {
    using type = T;
};
template <typename T>
struct Held<std::optional<T>> {
    using type = T;
};

/// `Access`, of all kinds, is a pointer to a member of `Options`, or a function from it to one.
template <typename Options>
struct SettingKinds {
    using Setting = SettingOf<Options>;
    using Kind = SettingInfo::Kind;
    template <typename Access>
    using Member = std::remove_cvref_t<std::invoke_result_t<Access, Options&>>;
    template <typename Access>
    using Value = Held<Member<Access>>::type;

    /// An integer from `least` to `most`. A member that is optional is shown empty while it is not set.
    template <typename Access, std::unsigned_integral Integer = Value<Access>>
    [[nodiscard]] static Setting integer(SettingName name, Access member, std::type_identity_t<Integer> least,
                                         std::type_identity_t<Integer> most) {
        name.help = fmt::format("{}, {} to {}", name.help, least, most);
        auto made = named(std::move(name), Kind::integer);
        made.set = [=](Options& options, std::string_view text) -> SetResult {
            Integer number = 0;
            const char* const begin = text.data();
            const char* const end = begin + text.size();
            const auto [rest, failure] = std::from_chars(begin, end, number);
            if (failure != std::errc{} || rest != end || number < least || number > most)
                return std::unexpected(
                    fmt::format("'{}' is not an integer from {} to {}", text, least, most));
            std::invoke(member, options) = number;
            return {};
        };
        made.show = [=](const Options& options) {
            if constexpr (std::same_as<Member<Access>, Integer>)
                return fmt::format("{}", std::invoke(member, options));
            else
                return std::invoke(member, options) ? fmt::format("{}", *std::invoke(member, options))
                                                    : std::string();
        };
        return made;
    }

    /// A duration from `least` to `most`, in whole milliseconds.
    template <typename Access>
    [[nodiscard]] static Setting duration(SettingName name, Access member, Milliseconds least,
                                          Milliseconds most) {
        name.help = fmt::format("{}, {} to {}", name.help, duration_text(least), duration_text(most));
        const auto parse = [=](std::string_view text) { return parse_duration(text, least, most); };
        const auto write = [](auto value) {
            return duration_text(std::chrono::duration_cast<Microseconds>(value));
        };
        return text(std::move(name), member, parse, write);
    }

    /// One word of a few.
    template <typename Access>
    [[nodiscard]] static Setting choice(SettingName name, Access member,
                                        const std::type_identity_t<Choices<Member<Access>>>& choices) {
        name.value = words_of(choices, "|");
        const auto parse = [=](std::string_view text) { return parse_choice(text, choices); };
        const auto write = [=](const auto& value) {
            for (const auto& [word, meaning] : choices)
                if (meaning == value) return std::string(word);
            return std::string();
        };
        return text(std::move(name), member, parse, write);
    }

    /// Whatever `parse` reads: std::expected<T, std::string>(std::string_view). `write` is its inverse.
    template <typename Access, typename Parse, typename Write>
    [[nodiscard]] static Setting text(SettingName name, Access member, const Parse& parse,
                                      const Write& write) {
        auto made = named(std::move(name), Kind::text);
        made.set = [=](Options& options, std::string_view text) -> SetResult {
            auto parsed = parse(text);
            if (!parsed) return std::unexpected(parsed.error());
            std::invoke(member, options) = std::move(*parsed);
            return {};
        };
        made.show = [=](const Options& options) { return write(std::invoke(member, options)); };
        return made;
    }

    [[nodiscard]] static Setting boolean(SettingName name, bool Options::* member) {
        auto made = named(std::move(name), Kind::boolean);
        made.set = [=](Options& options, std::string_view text) -> SetResult {
            if (text != "true" && text != "false")
                return std::unexpected(fmt::format("'{}' is not true or false", text));
            options.*member = text == "true";
            return {};
        };
        made.show = [=](const Options& options) { return std::string(options.*member ? "true" : "false"); };
        return made;
    }

    /// Any number of what `parse` reads. `write` is its inverse.
    template <typename Access, typename Parse, typename Write>
    [[nodiscard]] static Setting list(SettingName name, Access member, const Parse& parse,
                                      const Write& write) {
        auto made = named(std::move(name), Kind::list);
        made.set = [=](Options& options, std::string_view text) -> SetResult {
            auto parsed = parse(text);
            if (!parsed) return std::unexpected(parsed.error());
            std::invoke(member, options).push_back(std::move(*parsed));
            return {};
        };
        made.clear = [=](Options& options) { std::invoke(member, options).clear(); };
        made.show = [=](const Options& options) {
            std::vector<std::string> shown;
            for (const auto& element : std::invoke(member, options)) shown.push_back(write(element));
            return fmt::format("{}", fmt::join(shown, ", "));
        };
        return made;
    }

  private:
    static Setting named(SettingName name, Kind kind) {
        Setting made;
        made.table = name.table;
        made.key = name.key;
        made.value = std::move(name.value);
        made.help = std::move(name.help);
        made.kind = kind;
        return made;
    }
};

}  // namespace honeyswitch
