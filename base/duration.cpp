#include "base/duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <ranges>

#include <fmt/format.h>

namespace honeyswitch {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t microseconds;
};
constexpr std::array units{Unit{"us", 1}, Unit{"ms", 1'000}, Unit{"s", 1'000'000}, Unit{"m", 60'000'000},
                           Unit{"h", 3'600'000'000}};

}  // namespace

std::expected<Microseconds, std::string> parse_duration(std::string_view text) {
    std::uint32_t number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, failure] = std::from_chars(begin, end, number);
    const std::string_view name(rest, end);
    if (failure == std::errc{})
        for (const auto& unit : units)
            if (unit.name == name) return Microseconds{number * unit.microseconds};
    return std::unexpected(fmt::format(
        "'{}' is not a duration: write a number and its unit, such as 500ms, 60s, 10m or 1h", text));
}

std::expected<Milliseconds, std::string> parse_duration(std::string_view text, Milliseconds least,
                                                        Milliseconds most) {
    const auto duration = parse_duration(text);
    if (!duration) return std::unexpected(duration.error());
    if (*duration < least || *duration > most)
        return std::unexpected(
            fmt::format("'{}' is not from {} to {}", text, duration_text(least), duration_text(most)));
    const auto whole = std::chrono::duration_cast<Milliseconds>(*duration);
    if (whole != *duration)
        return std::unexpected(fmt::format("'{}' is no whole number of milliseconds", text));
    return whole;
}

std::string duration_text(Microseconds duration) {
    for (const auto& unit : units | std::views::reverse)
        if (duration.count() != 0 && duration.count() % unit.microseconds == 0)
            return fmt::format("{}{}", duration.count() / unit.microseconds, unit.name);
    return "0s";
}

}  // namespace honeyswitch
