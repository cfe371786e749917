// Changes of very many sources at once: a file has changed, or the configuration.
#include <algorithm>

#include <fmt/format.h>

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
        case FileJob::Step::take_all_out:
            if (look_at_some(job)) jobs_.pop_front();
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
    if (!look_at_some(job)) return;
    job.step = FileJob::Step::add_again;
    job.next = 0;
    if (job.without_room.empty()) finish(job);
}

/// Takes out what is not, or no longer, to be on the list. True: all rows have been looked at.
bool SourceLists::look_at_some(FileJob& job) {
    auto row = rows_.lower_bound(job.seen);
    for (std::size_t looked = 0; looked < portion && row != rows_.end(); ++looked) {
        const auto [key, old] = *row++;
        if (key.list != job.list) continue;
        Row without = old;
        if (job.step == FileJob::Step::take_all_out)
            without = {};
        else if (old.file != job.number)
            without.file = 0;
        if (without.file != old.file || without.empty()) set(key, without);
    }
    if (row == rows_.end()) return true;
    job.seen = row->first;
    return false;
}

void SourceLists::finish(const FileJob& job) {
    const auto& list = lists_[job.list];
    const auto left_out = std::ranges::count_if(
        job.without_room, [&](Ipv4Prefix prefix) { return row_at({prefix, job.list}).file != job.number; });
    if (left_out > 0)
        events_.publish(
            ListChanged{.action = ListAction::refused,
                        .list = list.name,
                        .file = list.file.string(),
                        .told = {Gravity::error,
                                 fmt::format("list {}: no room for {} of the sources in {}: all {} places "
                                             "are taken; raise source_capacity",
                                             list.name, left_out, list.file.string(), capacity_)}});
    jobs_.pop_front();
}

void SourceLists::reconfigure(std::span<const Numbered<SourceList>> lists) {
    for (std::size_t number = 0; number < lists_.size(); ++number) {
        const auto same = std::ranges::find(lists, number, &Numbered<SourceList>::number);
        if (same == lists.end() || same->record.name != lists_[number].name) leave(number);
    }
    for (const auto& [number, list] : lists) {
        auto& place = lists_[number];
        const bool loses_its_file = !place.file.empty() && list.file.empty();
        place.name = list.name;
        place.file = list.file;
        place.attackers = list.kind == SourceList::Kind::attacker;
        if (loses_its_file) replace_from_file(number, {});
    }
}

void SourceLists::leave(std::size_t list) {
    if (lists_[list].name.empty()) return;
    std::erase_if(jobs_, [list](const FileJob& job) { return job.list == list; });
    if (lists_[list].size != 0) {
        auto& job = jobs_.emplace_back();
        job.list = list;
        job.step = FileJob::Step::take_all_out;
    }
    lists_[list].name.clear();
    lists_[list].file.clear();
}

}  // namespace honeyswitch::control
