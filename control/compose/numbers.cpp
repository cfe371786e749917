#include "control/compose/numbers.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace honeyswitch::control {
namespace {

template <typename Record>
std::vector<std::string> names_of(const std::vector<Record>& records) {
    std::vector<std::string> names;
    names.reserve(records.size());
    for (const Record& record : records) names.push_back(record.name);
    return names;
}

/// The first has its number by being that.
std::vector<std::string> other_pools(const Config& config) {
    auto names = names_of(config.pools);
    if (!names.empty()) names.erase(names.begin());
    return names;
}

std::string sentence(std::string_view kind, std::size_t most, std::string_view who_refers,
                     const NumberRegistry::Shortage& shortage) {
    constexpr std::size_t shown = 3;
    const auto& leaving = shortage.leaving;
    const auto first = std::vector(
        leaving.begin(), leaving.begin() + static_cast<std::ptrdiff_t>(std::min(leaving.size(), shown)));
    return fmt::format(
        "[[{}]] '{}': there can be {}, and {} that {} taken out {} not done with yet, as {} ({}{}): "
        "reload again in a minute",
        kind, shortage.name, most, leaving.size(), leaving.size() == 1 ? "was" : "were",
        leaving.size() == 1 ? "is" : "are", who_refers, fmt::join(first, ", "),
        leaving.size() > shown ? ", …" : "");
}

}  // namespace

std::expected<Numbers, std::vector<std::string>> ConfigNumbers::numbers_for(const Config& config) const {
    Numbers numbers;
    std::vector<std::string> refused;
    const auto take = [&](std::vector<std::uint8_t>& into, const NumberRegistry& registry,
                          const std::vector<std::string>& names, auto why) {
        const auto given = registry.numbers_for(names);
        if (given)
            into.insert(into.end(), given->begin(), given->end());
        else
            refused.push_back(why(given.error()));
    };
    using Shortage = NumberRegistry::Shortage;
    if (!config.pools.empty()) numbers.pools.push_back(0);
    take(numbers.pools, other_pools_, other_pools(config), [](const Shortage& shortage) {
        return sentence("pool", limits::pools, "workers may be using them", shortage);
    });
    take(numbers.honeypots, honeypots_, names_of(config.honeypots), [](const Shortage& shortage) {
        return sentence("honeypot", limits::honeypots, "their last flows are not over", shortage);
    });
    take(numbers.lists, lists_, names_of(config.lists), [](const Shortage& shortage) {
        return sentence("list", limits::lists, "their sources are still being taken out", shortage);
    });
    if (!refused.empty()) return std::unexpected(std::move(refused));
    return numbers;
}

void ConfigNumbers::adopt(const Config& config, const Numbers& numbers, TimePoint now) {
    honeypots_.adopt(names_of(config.honeypots), numbers.honeypots, now);
    default_pool_ = config.pools.empty() ? "" : config.pools.front().name;
    other_pools_.adopt(other_pools(config), std::span(numbers.pools).subspan(numbers.pools.empty() ? 0 : 1),
                       now);
    lists_.adopt(names_of(config.lists), numbers.lists, now);
}

std::string ConfigNumbers::pool(PoolId number) const {
    return number == PoolId{0} ? default_pool_ : other_pools_.name_of(std::to_underlying(number));
}

void ConfigNumbers::free_unused(Barriers& barriers, const NumberRegistry::Refers& honeypot_refers,
                                const NumberRegistry::Refers& list_refers) {
    honeypots_.free_unused(barriers, honeypot_refers);
    lists_.free_unused(barriers, list_refers);
    // Rules and lists name pools; they are another policy's since the pool left.
    other_pools_.free_unused(barriers, [](auto, auto) { return false; });
}

}  // namespace honeyswitch::control
