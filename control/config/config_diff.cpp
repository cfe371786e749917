#include "control/config/config_diff.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "control/config/record_fields.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

using Change = ConfigDifference::Change;
using Differences = std::vector<ConfigDifference>;

constexpr std::size_t named_elements = 8;  // of a list of thousands nobody reads them all
constexpr std::size_t longest_value = 200;

std::string bounded(std::string text) {
    if (text.size() <= longest_value) return text;
    text.resize(longest_value);
    return text + "…";
}

std::vector<std::string> elements_of(std::string_view list) {
    constexpr std::string_view between = ", ";
    std::vector<std::string> elements;
    while (!list.empty()) {
        const auto end = std::min(list.find(between), list.size());
        elements.emplace_back(list.substr(0, end));
        list.remove_prefix(std::min(end + between.size(), list.size()));
    }
    std::ranges::sort(elements);
    return elements;
}

/// What is in one list alone: the first few, and how many more.
std::string only_in(const std::vector<std::string>& one, const std::vector<std::string>& other) {
    std::vector<std::string> alone;
    std::ranges::set_difference(one, other, std::back_inserter(alone));
    if (alone.size() <= named_elements) return bounded(fmt::format("{}", fmt::join(alone, ", ")));
    const auto more = alone.size() - named_elements;
    alone.resize(named_elements);
    return bounded(fmt::format("{} and {} more", fmt::join(alone, ", "), more));
}

void compare_lists(ConfigDifference difference, const std::string& before, const std::string& after,
                   Differences& found) {
    const auto old_elements = elements_of(before), new_elements = elements_of(after);
    const auto gone = only_in(old_elements, new_elements), come = only_in(new_elements, old_elements);
    if (gone.empty() && come.empty()) {  // another order, or the same twice
        difference.before = bounded(before);
        difference.after = bounded(after);
        found.push_back(std::move(difference));
        return;
    }
    if (!gone.empty()) {
        difference.change = Change::removed;
        difference.before = gone;
        found.push_back(difference);
    }
    if (come.empty()) return;
    difference.change = Change::added;
    difference.before.clear();
    difference.after = come;
    found.push_back(std::move(difference));
}

void compare_settings(const Config& before, const Config& after, Differences& found) {
    for (const Setting& setting : settings()) {
        const auto was = setting.show(before), will_be = setting.show(after);
        if (was == will_be) continue;
        ConfigDifference difference{.what = fmt::format("[{}] {}", setting.table, setting.key),
                                    .restart = !setting.at_run_time};
        if (setting.kind == SettingInfo::Kind::list) {
            compare_lists(std::move(difference), was, will_be, found);
            continue;
        }
        difference.before = bounded(was);
        difference.after = bounded(will_be);
        found.push_back(std::move(difference));
    }
}

std::string whole(const RecordText& record) {
    std::vector<std::string> said;
    for (const auto& [key, value, secret] : record.fields)
        if (!secret && !value.empty()) said.push_back(fmt::format("{} {}", key, value));
    return bounded(fmt::format("{}", fmt::join(said, ", ")));
}

void compare_fields(const std::string& what, const RecordText& before, const RecordText& after,
                    Differences& found) {
    for (std::size_t i = 0; i < before.fields.size(); ++i) {
        const RecordField &was = before.fields[i], &will_be = after.fields.at(i);
        if (was.value == will_be.value) continue;
        ConfigDifference difference{.what = fmt::format("{} {}", what, was.key)};
        if (!was.secret) {
            difference.before = bounded(was.value);
            difference.after = bounded(will_be.value);
        }
        found.push_back(std::move(difference));
    }
}

using ByName = std::map<std::string_view, const RecordText*>;
ByName by_name(const RecordsText& records) {
    ByName named;
    for (const RecordText& record : records.records) named.emplace(record.name, &record);
    return named;
}

/// The names of those that both have, as one of them has them in order.
std::vector<std::string> common(const RecordsText& records, const ByName& other) {
    std::vector<std::string> names;
    for (const RecordText& record : records.records)
        if (other.contains(record.name)) names.push_back(record.name);
    return names;
}

void compare_order(const RecordsText& before, const RecordsText& after, Differences& found) {
    const auto was = common(before, by_name(after)), will_be = common(after, by_name(before));
    if (was == will_be) return;
    const auto moved = std::ranges::mismatch(was, will_be);  // what stands before it is the same
    const auto shown = [&](auto from, const std::vector<std::string>& names) {
        const auto size = std::min<std::size_t>(names.size() - static_cast<std::size_t>(from - names.begin()),
                                                named_elements);
        const std::vector<std::string> some(from, from + static_cast<std::ptrdiff_t>(size));
        return bounded(fmt::format("{}", fmt::join(some, ", ")));
    };
    found.push_back({.what = fmt::format("[[{}]] order", before.kind),
                     .before = shown(moved.in1, was),
                     .after = shown(moved.in2, will_be)});
}

void compare_each(const RecordsText& before, const RecordsText& after, Differences& found) {
    const auto old_ones = by_name(before), new_ones = by_name(after);
    const auto what = [&](const RecordText& record) {
        return fmt::format("[[{}]] {}", before.kind, record.name);
    };
    for (const RecordText& record : before.records) {
        const auto same = new_ones.find(record.name);
        if (same != new_ones.end())
            compare_fields(what(record), record, *same->second, found);
        else
            found.push_back({.what = what(record), .change = Change::removed, .before = whole(record)});
    }
    for (const RecordText& record : after.records)
        if (!old_ones.contains(record.name))
            found.push_back({.what = what(record), .change = Change::added, .after = whole(record)});
    if (before.order_matters) compare_order(before, after, found);
}

void compare_records(const RecordsText& before, const RecordsText& after, Differences& found) {
    Differences of_kind;
    compare_each(before, after, of_kind);
    for (ConfigDifference& difference : of_kind) {
        difference.restart = before.needs_restart;
        found.push_back(std::move(difference));
    }
}

}  // namespace

std::string_view name_of(Change change) {
    switch (change) {
        case Change::added:
            return "added";
        case Change::removed:
            return "removed";
        case Change::changed:
            break;
    }
    return "changed";
}

std::string to_string(const ConfigDifference& difference) {
    const auto& [what, change, before, after, restart] = difference;
    const auto* const needs = restart ? " (needs a restart)" : "";
    if (change != Change::changed)
        return fmt::format("{} {}: {}{}", what, name_of(change), change == Change::added ? after : before,
                           needs);
    if (before.empty() && after.empty()) return fmt::format("{}: another one{}", what, needs);
    const auto said = [](const std::string& value) { return value.empty() ? "unset" : value; };
    return fmt::format("{}: {} to {}{}", what, said(before), said(after), needs);
}

std::vector<ConfigDifference> differences(const Config& before, const Config& after) {
    Differences found;
    compare_settings(before, after, found);
    const auto old_records = records_of(before), new_records = records_of(after);
    for (std::size_t i = 0; i < old_records.size(); ++i)
        compare_records(old_records[i], new_records.at(i), found);
    return found;
}

}  // namespace honeyswitch::control
