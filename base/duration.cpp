#include "base/duration.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>

#include <fmt/format.h>

namespace honeyswitch {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t microseconds;
};
constexpr std::int64_t minute = 60'000'000, hour = 60 * minute, day = 24 * hour, week = 7 * day;
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::array units{Unit{"us", 1},       Unit{"ms", 1'000}, Unit{"s", 1'000'000}, Unit{"m", minute},
                           Unit{"min", minute}, Unit{"h", hour},   Unit{"d", day},       Unit{"w", week}};
/// The units that a duration is shown in.
constexpr std::array shown{units[5], units[3], units[2], units[1], units[0]};

enum class Fault : std::uint8_t { unreadable, too_long };

std::expected<Microseconds, Fault> read(std::string_view text) {
    std::int64_t number = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, failure] = std::from_chars(begin, end, number);
    const auto* const unit = std::ranges::find(units, std::string_view(rest, end), &Unit::name);
    if (rest == begin || number < 0 || unit == units.end()) return std::unexpected(Fault::unreadable);
    if (failure != std::errc{} || number > most / unit->microseconds) return std::unexpected(Fault::too_long);
    return Microseconds{number * unit->microseconds};
}

/// `finest`: the smallest unit in which a duration can be of any use where this one is read.
std::string unreadable(std::string_view text, std::string_view finest) {
    return fmt::format(
        "'{}' is not a duration: write a number and its unit ({}ms, s, m, h, d or w), such as 500ms, 60s, "
        "10m "
        "or 1h",
        text, finest);
}

}  // namespace

std::expected<Microseconds, std::string> parse_duration(std::string_view text) {
    const auto duration = read(text);
    if (duration) return *duration;
    if (duration.error() == Fault::unreadable) return std::unexpected(unreadable(text, "us, "));
    return std::unexpected(fmt::format("'{}' is too long: a duration is at most {}w", text, most / week));
}

std::expected<Microseconds, std::string> parse_fine_duration(std::string_view text, Microseconds least,
                                                             Microseconds longest) {
    const auto duration = read(text);
    if (!duration && duration.error() == Fault::unreadable) return std::unexpected(unreadable(text, "us, "));
    if (duration && *duration >= least && *duration <= longest) return *duration;
    return std::unexpected(
        fmt::format("'{}' is not from {} to {}", text, duration_text(least), duration_text(longest)));
}

std::expected<Milliseconds, std::string> parse_duration(std::string_view text, Milliseconds least,
                                                        Milliseconds longest) {
    const auto duration = read(text);
    if (!duration && duration.error() == Fault::unreadable) return std::unexpected(unreadable(text, ""));
    if (!duration || *duration < least || *duration > longest)
        return std::unexpected(
            fmt::format("'{}' is not from {} to {}", text, duration_text(least), duration_text(longest)));
    const auto whole = std::chrono::duration_cast<Milliseconds>(*duration);
    if (whole != *duration)
        return std::unexpected(fmt::format("'{}' is no whole number of milliseconds", text));
    return whole;
}

std::string duration_text(Microseconds duration) {
    for (const auto& unit : shown)
        if (duration.count() != 0 && duration.count() % unit.microseconds == 0)
            return fmt::format("{}{}", duration.count() / unit.microseconds, unit.name);
    return "0s";
}

}  // namespace honeyswitch
