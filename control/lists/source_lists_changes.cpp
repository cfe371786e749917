// Changes of very many sources at once: a file has changed, or the configuration.
#include <algorithm>

#include <spdlog/spdlog.h>

#include "control/lists/source_lists.hpp"

namespace honeyswitch::control {

void SourceLists::replace_from_file(std::size_t list, std::vector<Ipv4Prefix> prefixes) {
    // What of an older file has been put into force has an older number, and is taken out with the rest.
    std::erase_if(jobs_, [list](const FileJob& job) { return job.list == list; });
    auto& job = jobs_.emplace_back();
    job.list = list;
    job.number = ++last_number_;
    job.prefixes = std::move(prefixes);
}

void SourceLists::work(FileJob& job) {
    switch (job.step) {
        case FileJob::Step::add:
            return add_some(job, job.prefixes);
        case FileJob::Step::take_out:
            return take_out_some(job);
        case FileJob::Step::add_again:
            return add_some(job, job.without_room);
    }
}

void SourceLists::add_some(FileJob& job, std::vector<Ipv4Prefix>& prefixes) {
    const std::size_t end = std::min(prefixes.size(), job.next + portion);
    for (; job.next < end; ++job.next) {
        const Key key{prefixes[job.next], job.list};
        Row row = row_at(key);
        row.file = job.number;
        if (set(key, row)) continue;
        if (job.step == FileJob::Step::add)
            job.without_room.push_back(key.prefix);
        else
            ++refused_;
    }
    if (job.next < prefixes.size()) return;
    if (job.step == FileJob::Step::add_again) return finish(job);
    job.step = FileJob::Step::take_out;
    job.prefixes = {};
}

void SourceLists::take_out_some(FileJob& job) {
    auto row = rows_.lower_bound(job.seen);
    for (std::size_t looked = 0; looked < portion && row != rows_.end(); ++looked) {
        const auto [key, old] = *row++;
        if (key.list != job.list || old.file == 0 || old.file == job.number) continue;
        Row without = old;
        without.file = 0;
        set(key, without);
    }
    if (row != rows_.end()) {
        job.seen = row->first;
        return;
    }
    job.step = FileJob::Step::add_again;
    job.next = 0;
    if (job.without_room.empty()) finish(job);
}

void SourceLists::finish(const FileJob& job) {
    const auto& list = lists_[job.list];
    const auto left_out = std::ranges::count_if(
        job.without_room, [&](Ipv4Prefix prefix) { return row_at({prefix, job.list}).file != job.number; });
    if (left_out > 0)
        spdlog::error(
            "list {}: no room for {} of the sources in {}: all {} places are taken; raise "
            "listed_capacity",
            list.name, left_out, list.file.string(), capacity_);
    jobs_.pop_front();
}

void SourceLists::reconfigure(std::span<const SourceList> lists) {
    std::vector<std::optional<std::size_t>> places;  // of each old list: its new index, if it has one
    for (const auto& old : lists_) {
        const auto same = std::ranges::find(lists, old.name, &SourceList::name);
        const auto index = static_cast<std::size_t>(same - lists.begin());
        places.push_back(same == lists.end() ? std::nullopt : std::optional(index));
    }
    const auto old_lists = std::exchange(lists_, {});
    for (const auto& list : lists) lists_.push_back({list.name, list.file});
    restore(std::exchange(rows_, {}), places);
    restore_jobs(places);
    for (std::size_t i = 0; i < old_lists.size(); ++i)
        if (const auto place = places[i]; place && !old_lists[i].file.empty() && lists_[*place].file.empty())
            replace_from_file(*place, {});
}

void SourceLists::restore(const std::map<Key, Row>& rows,
                          std::span<const std::optional<std::size_t>> places) {
    due_.clear();
    prefixes_ = 0;
    for (auto row = rows.begin(); row != rows.end();) {
        const auto prefix = row->first.prefix;
        std::uint64_t before = 0;
        for (; row != rows.end() && row->first.prefix == prefix; ++row) {
            before |= std::uint64_t{1} << row->first.list;
            const auto place = places[row->first.list];
            if (!place) continue;
            const Key key{prefix, *place};
            rows_.emplace(key, row->second);
            if (row->second.due() != TimePoint::max()) due_.emplace(row->second.due(), key);
            ++lists_[*place].size;
        }
        const auto after = bits_of(prefix);
        if (after != 0) ++prefixes_;
        if (after != before) write(prefix);
    }
}

void SourceLists::restore_jobs(std::span<const std::optional<std::size_t>> places) {
    std::erase_if(jobs_, [&](const FileJob& job) { return !places[job.list]; });
    for (auto& job : jobs_) {
        job.list = places[job.list].value_or(job.list);
        job.seen = {};  // in order of the new lists some rows may come before those that it has looked at
    }
}

}  // namespace honeyswitch::control
