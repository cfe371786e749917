#include "control/config/cpu_list.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>
#include <optional>

#include <fmt/format.h>

namespace honeyswitch::control {
namespace {

constexpr unsigned highest_cpu = 1023;  // CPU_SETSIZE - 1: what sched_setaffinity(2) can name

std::optional<unsigned> parse_cpu(std::string_view text) {
    unsigned cpu = 0;
    const char* const begin = text.data();
    const char* const end = begin + text.size();
    const auto [rest, failure] = std::from_chars(begin, end, cpu);
    if (failure != std::errc{} || rest != end || cpu > highest_cpu) return std::nullopt;
    return cpu;
}

}  // namespace

std::expected<std::vector<unsigned>, std::string> parse_cpu_list(std::string_view text) {
    std::vector<unsigned> cpus;
    const auto whole = text;
    while (true) {
        const auto comma = text.find(',');
        const auto item = text.substr(0, comma);
        const auto dash = item.find('-');
        const auto first = parse_cpu(item.substr(0, dash));
        const auto last = dash == std::string_view::npos ? first : parse_cpu(item.substr(dash + 1));
        if (!first || !last || *last < *first)
            return std::unexpected(fmt::format(
                "'{}' is not a list of CPUs: write 0,2,4-7, with numbers from 0 to {}", whole, highest_cpu));
        for (unsigned cpu = *first; cpu <= *last; ++cpu) {
            if (std::ranges::find(cpus, cpu) != cpus.end())
                return std::unexpected(fmt::format("'{}' names CPU {} twice", whole, cpu));
            cpus.push_back(cpu);
        }
        if (comma == std::string_view::npos) return cpus;
        text.remove_prefix(comma + 1);
    }
}

std::vector<unsigned> cpus_of(const Config& config) {
    std::vector<unsigned> cpus(config.workers + 1);
    if (config.lcores.empty()) {
        std::iota(cpus.begin(), cpus.end(), 0U);
        return cpus;
    }
    if (auto listed = parse_cpu_list(config.lcores)) cpus = std::move(*listed);
    cpus.resize(config.workers + 1);
    return cpus;
}

}  // namespace honeyswitch::control
