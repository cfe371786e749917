#include "control/lists/source_lists.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/nearest_name.hpp"
#include "control/lists/list_file.hpp"

namespace honeyswitch::control {
namespace {

constexpr TimePoint never = TimePoint::max();

TimePoint end_of(std::optional<Milliseconds> lifetime, TimePoint now) {
    if (!lifetime || *lifetime >= never - now) return never;
    return now + *lifetime;
}

}  // namespace

TimePoint SourceLists::Row::due() const {
    return std::min(by_operator.value_or(never), auth_log.value_or(never));
}

TimePoint SourceLists::Row::end() const {
    if (file != 0) return never;
    return std::max(by_operator.value_or(TimePoint::min()), auth_log.value_or(TimePoint::min()));
}

SourceLists::SourceLists(std::span<const Numbered<SourceList>> lists, std::size_t capacity, ListSink& sink,
                         EventBus& events)
    : capacity_(capacity), sink_(sink), events_(events) {
    reconfigure(lists);
}

std::expected<std::size_t, std::string> SourceLists::find(std::string_view list) const {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
        if (lists_[i].name.empty()) continue;  // a number that no list has now
        if (lists_[i].name == list) return i;
        names.emplace_back(lists_[i].name);
    }
    return std::unexpected(fmt::format("there is no list '{}'{}", list, suggest_name(list, names)));
}

SourceLists::Row SourceLists::row_at(const Key& key) const {
    const auto row = rows_.find(key);
    return row == rows_.end() ? Row{} : row->second;
}

std::uint64_t SourceLists::bits_of(Ipv4Prefix prefix) const {
    std::uint64_t bits = 0;
    for (auto row = rows_.lower_bound({prefix, 0}); row != rows_.end() && row->first.prefix == prefix; ++row)
        bits |= std::uint64_t{1} << row->first.list;
    return bits;
}

std::optional<ListedBy> SourceLists::attacker(Ipv4Address source) const {
    for (unsigned length = 33; length-- > shortest_listed_prefix;) {
        if (by_length_.at(length) == 0) continue;
        const auto prefix = Ipv4Prefix::of(source, length);
        auto row = rows_.lower_bound({prefix, 0});
        for (; row != rows_.end() && row->first.prefix == prefix; ++row)
            if (lists_.at(row->first.list).attackers && !lists_.at(row->first.list).name.empty())
                return ListedBy{{static_cast<std::uint8_t>(row->first.list)}, row->second.origin()};
    }
    return std::nullopt;
}

bool SourceLists::set(const Key& key, const Row& row) {
    const auto old = rows_.find(key);
    if (old == rows_.end()) return row.empty() || insert(key, row);
    due_.erase({old->second.due(), key});
    if (row.empty()) {
        erase(old);
        return true;
    }
    old->second = row;
    if (row.due() != never) due_.emplace(row.due(), key);
    return true;
}

bool SourceLists::insert(const Key& key, const Row& row) {
    const auto others = bits_of(key.prefix);
    if (others == 0 && prefixes_ >= capacity_) return false;
    if (!sink_.set_listed(key.prefix, others | std::uint64_t{1} << key.list)) return false;
    unwritten_.erase(key.prefix);
    rows_.emplace(key, row);
    if (row.due() != never) due_.emplace(row.due(), key);
    if (others == 0) ++prefixes_;
    ++lists_[key.list].size;
    ++by_length_.at(key.prefix.length);
    return true;
}

void SourceLists::erase(std::map<Key, Row>::iterator row) {
    const auto [prefix, list] = row->first;
    rows_.erase(row);
    --lists_[list].size;
    --by_length_.at(prefix.length);
    if (bits_of(prefix) == 0) --prefixes_;
    write(prefix);
}

/// Taking out needs no room, but if the sink refuses it nevertheless, tick() tries again.
void SourceLists::write(Ipv4Prefix prefix) {
    if (sink_.set_listed(prefix, bits_of(prefix)))
        unwritten_.erase(prefix);
    else
        unwritten_.insert(prefix);
}

std::expected<void, std::string> SourceLists::add(std::string_view list, Ipv4Prefix prefix,
                                                  std::optional<Milliseconds> lifetime, Origin origin,
                                                  TimePoint now) {
    const auto index = find(list);
    if (!index) return std::unexpected(index.error());
    if (prefix.length < shortest_listed_prefix)
        return std::unexpected(fmt::format("{} is shorter than /{}, the shortest prefix that a list may have",
                                           to_string(prefix), shortest_listed_prefix));
    if (lifetime && *lifetime <= Milliseconds{0})
        return std::unexpected(fmt::format("{}: its lifetime has to be more than 0", text_of_source(prefix)));
    const Key key{prefix, *index};
    Row row = row_at(key);
    if (origin == Origin::by_operator)
        row.by_operator = end_of(lifetime, now);
    else
        row.auth_log = std::max(row.auth_log.value_or(now), end_of(lifetime, now));
    if (set(key, row)) return {};
    ++refused_;
    return std::unexpected(
        fmt::format("there is no room for {} on list '{}': {} of {} places are taken (source_capacity)",
                    text_of_source(prefix), list, prefixes_, capacity_));
}

std::expected<void, std::string> SourceLists::remove(std::string_view list, Ipv4Prefix prefix) {
    const auto index = find(list);
    if (!index) return std::unexpected(index.error());
    const Key key{prefix, *index};
    const Row row = row_at(key);
    if (row.file != 0)
        return std::unexpected(fmt::format("{} is on list '{}' because {} says so: take it out there",
                                           text_of_source(prefix), list, lists_[*index].file.string()));
    if (!row.empty()) {
        set(key, {});
        return {};
    }
    auto sentence = fmt::format("{} is not on list '{}'", text_of_source(prefix), list);
    for (unsigned length = prefix.length; length-- > shortest_listed_prefix;)
        if (const auto around = Ipv4Prefix::of(prefix.network, length); rows_.contains({around, *index}))
            return std::unexpected(fmt::format("{}, but {} is", sentence, to_string(around)));
    return std::unexpected(sentence);
}

void SourceLists::tick(TimePoint now) {
    expire(now);
    if (!jobs_.empty()) work(jobs_.front());
    if (!unwritten_.empty()) write(*unwritten_.begin());
}

void SourceLists::expire(TimePoint now) {
    std::size_t done = 0;
    for (; done < portion && !due_.empty() && due_.begin()->first <= now; ++done) {
        const Key key = due_.begin()->second;
        Row row = row_at(key);
        if (row.by_operator && *row.by_operator <= now) row.by_operator.reset();
        if (row.auth_log && *row.auth_log <= now) row.auth_log.reset();
        set(key, row);
    }
    more_expired_ = done == portion;
}

ListedPage SourceLists::entries(Ipv4Address from, std::size_t limit, TimePoint now) const {
    ListedPage page;
    for (auto row = rows_.lower_bound({Ipv4Prefix{from, 0}, 0}); row != rows_.end(); ++row) {
        const auto& [key, origins] = *row;
        if (lists_[key.list].name.empty()) continue;
        if (page.rows.size() >= std::max<std::size_t>(limit, 1) &&
            key.prefix.network != page.rows.back().prefix.network) {
            page.next = key.prefix.network;
            return page;
        }
        auto& shown = page.rows.emplace_back(ListedSource{lists_[key.list].name, key.prefix, {}, {}});
        if (origins.file != 0) shown.origins.emplace_back(name_of(Origin::file));
        if (origins.by_operator) shown.origins.emplace_back(name_of(Origin::by_operator));
        if (origins.auth_log) shown.origins.emplace_back(name_of(Origin::auth_log));
        if (origins.end() != never) shown.remaining = std::max(origins.end() - now, Milliseconds{0});
    }
    return page;
}

std::vector<PutSource> SourceLists::put_sources(std::string_view list) const {
    std::vector<PutSource> found;
    const auto index = find(list);
    if (!index) return found;
    const auto put = [&](const Key& key, Origin origin, std::optional<TimePoint> end) {
        if (!end) return;
        found.push_back({.list = std::string(list),
                         .prefix = key.prefix,
                         .origin = origin,
                         .until = *end == never ? std::nullopt : end});
    };
    for (const auto& [key, row] : rows_) {
        if (key.list != *index) continue;
        put(key, Origin::by_operator, row.by_operator);
        put(key, Origin::auth_log, row.auth_log);
    }
    return found;
}

}  // namespace honeyswitch::control
