#include "control/lists/list_watcher.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include "base/duration.hpp"
#include "control/lists/auth_log.hpp"

namespace honeyswitch::control {
namespace {

bool is_same(const std::filesystem::path& file, const std::filesystem::path& changed) {
    return folder_of(file) / file.filename() == changed;
}

/// The next that has something to do, from `next` on and round; null: none has. `next` moves on behind it.
template <typename T, typename HasWork>
T* take_turn(std::vector<T>& all, std::size_t& next, HasWork has_work) {
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto& candidate = all[(next + i) % all.size()];
        if (!has_work(candidate)) continue;
        next = (next + i + 1) % all.size();
        return &candidate;
    }
    return nullptr;
}

}  // namespace

ListWatcher::ListWatcher(SourceLists& sources, std::span<const Numbered<SourceList>> lists,
                         std::span<const AuthLog> logs, EventBus& events, TimePoint now)
    : sources_(sources), events_(events) {
    open_wakeup();
    reconfigure(lists, logs, now);
    for (auto& list : lists_) {
        begin(list);
        while (list.load) go_on(list, *list.load);
    }
    for (auto& log : logs_) follow(log, now);
    set_timer(now);
}

void ListWatcher::open_wakeup() {
    timer_ = Descriptor(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
    wakeup_ = Descriptor(epoll_create1(EPOLL_CLOEXEC));
    for (const int fd : {timer_.get(), folders_.descriptor()}) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        if (fd >= 0 && epoll_ctl(wakeup_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
            spdlog::warn("lists: {}; files are looked at once a second", std::strerror(errno));
    }
}

void ListWatcher::reconfigure(std::span<const Numbered<SourceList>> lists, std::span<const AuthLog> logs,
                              TimePoint now) {
    // Before anything is read, so that no change falls in between.
    std::set<std::filesystem::path> folders;
    for (const auto& [number, list] : lists)
        if (!list.file.empty()) folders.insert(folder_of(list.file));
    for (const auto& log : logs) folders.insert(folder_of(log.file));
    folders_.watch(folders);
    take_lists(lists, now);
    auto old_logs = std::exchange(logs_, {});
    for (const auto& log : logs) take_log(log, lists[log.list].record.name, old_logs);
    set_timer(now);
}

void ListWatcher::take_lists(std::span<const Numbered<SourceList>> lists, TimePoint now) {
    const auto old_lists = std::exchange(lists_, {});
    for (const auto& [number, list] : lists) {
        if (list.file.empty()) continue;
        const auto old = std::ranges::find(old_lists, list.name, &ListFile::name);
        const bool known = old != old_lists.end(), same = known && old->file == list.file;
        lists_.push_back({.list = number,
                          .name = list.name,
                          .file = list.file,
                          .ever_read = same && old->ever_read,
                          .of_another_file = known && (old->of_another_file || (!same && old->ever_read)),
                          .due = now});
    }
}

void ListWatcher::take_log(const AuthLog& config, const std::string& list, std::vector<Log>& old_logs) {
    const auto old = std::ranges::find_if(
        old_logs, [&](const Log& log) { return log.config.file == config.file && log.list == list; });
    if (old == old_logs.end()) {
        logs_.push_back({.config = config,
                         .list = list,
                         .tail = LogTail(config.file),
                         .failures = {config.failures, config.window}});
    } else {
        if (old->config.failures != config.failures || old->config.window != config.window)
            old->failures = {config.failures, config.window};
        old->config = config;
        logs_.push_back(std::move(*old));
        old_logs.erase(old);
    }
    logs_.back().more = true;
}

void ListWatcher::service(TimePoint now) {
    std::uint64_t expirations = 0;
    [[maybe_unused]] const auto ignored = read(timer_.get(), &expirations, sizeof expirations);
    const auto note = [&](const std::filesystem::path& file, std::uint32_t mask) {
        note_change(file, mask, now);
    };
    if (!folders_.drain(note)) {
        for (auto& list : lists_) list.due = now;
        for (auto& log : logs_) log.more = true;
    }
    work(now);
    set_timer(now);
}

void ListWatcher::note_change(const std::filesystem::path& file, std::uint32_t mask, TimePoint now) {
    for (auto& list : lists_)
        if (is_same(list.file, file)) note_change(list, mask, now);
    for (auto& log : logs_)
        if (is_same(log.config.file, file)) log.more = true;
}

/// While it is being written its writer has yet to close it, and half a file must not become the list.
void ListWatcher::note_change(ListFile& list, std::uint32_t mask, TimePoint now) {
    if (!list.changed) list.changed = now;
    const auto latest = *list.changed + patience;
    if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
        list.due = std::max(now, std::min(now + settle_time, latest));
    } else if (now < latest) {
        list.due.reset();
        list.load.reset();
    }
}

void ListWatcher::tick(TimePoint now) {
    folders_.retry();
    for (auto& list : lists_) look_at(list, now);
    for (auto& log : logs_) log.more = true;
    work(now);
    set_timer(now);
}

/// A change that no event told of, or whose last event is missing, is read once two looks found the same.
void ListWatcher::look_at(ListFile& list, TimePoint now) {
    const auto seen = std::exchange(list.seen, FileStamp::of(list.file));
    if (!list.due && !list.load && list.seen != list.stamp && list.seen == seen) list.due = now;
}

void ListWatcher::work(TimePoint now) {
    for (auto& list : lists_)
        if (!list.load && list.due && *list.due <= now) begin(list);
    const auto is_loading = [](const ListFile& list) { return list.load.has_value(); };
    if (auto* const list = take_turn(lists_, next_list_, is_loading); list != nullptr && list->load)
        go_on(*list, *list->load);
    if (auto* const log = take_turn(logs_, next_log_, [](const Log& each) { return each.more; }))
        follow(*log, now);
}

void ListWatcher::begin(ListFile& list) {
    list.due.reset();
    list.load.reset();
    // Taken first: what is written from here on makes it another.
    list.stamp = FileStamp::of(list.file);
    auto file = open_list_file(list.file);
    if (!file) return give_up(list, file.error());
    list.load.emplace(std::move(*file), ListParser(list.file));
}

void ListWatcher::go_on(ListFile& list, Load& load) {
    std::array<char, portion> buffer;
    const auto size = read(load.file.get(), buffer.data(), buffer.size());
    if (size < 0) {
        list.load.reset();
        return give_up(list, ListComplaint::of_system(list.file, errno));
    }
    const auto fed = load.parser.feed({buffer.data(), static_cast<std::size_t>(size)});
    if (fed && size > 0) return;
    list.changed.reset();
    auto prefixes = fed ? load.parser.finish() : std::unexpected(fed.error());
    const auto left_out = load.parser.ipv6();
    list.load.reset();
    if (!prefixes) return give_up(list, prefixes.error());
    events_.publish(ListChanged{
        .action = ListAction::read,
        .list = list.name,
        .file = list.file.string(),
        .told = {Gravity::information,
                 fmt::format("list {}: {} sources in {}{}", list.name, prefixes->size(), list.file.string(),
                             left_out == 0 ? "" : fmt::format("; {} of IPv6 are left out", left_out))}});
    sources_.replace_from_file(list.list, std::move(*prefixes));
    list.ever_read = true;
    list.of_another_file = false;
}

void ListWatcher::give_up(ListFile& list, const ListComplaint& error) {
    const auto* then = "nothing of it is on the list until it can be read";
    if (list.ever_read)
        then = error.kind == ListComplaint::Kind::text ? "what the file said before stays in force"
                                                       : "what it said stays in force, as an editor may be "
                                                         "about to save it anew; to empty the list, "
                                                         "empty the file";
    else if (list.of_another_file)
        then =
            "nothing of it is on the list until it can be read, and what the former file said is taken out";
    const bool is_missing = error.kind == ListComplaint::Kind::missing;
    events_.publish(ListChanged{.action = ListAction::unreadable,
                                .list = list.name,
                                .file = list.file.string(),
                                .told = {is_missing ? Gravity::warning : Gravity::error,
                                         fmt::format("list {}: {}; {}", list.name, error.message(), then)}});
    if (!std::exchange(list.of_another_file, false)) return;
    sources_.replace_from_file(list.list, {});
}

void ListWatcher::follow(Log& log, TimePoint now) {
    log.more = log.tail.read([&](std::string_view line) { count(log, line, now); });
    if (log.tail.error() == log.reported) return;
    log.reported = log.tail.error();
    if (log.reported == 0) return tell(log, ListAction::followed, {Gravity::information, "is followed"});
    tell(log, ListAction::unreadable,
         {Gravity::warning, fmt::format("{}; it is followed once it can be read", log.tail.reason())});
}

void ListWatcher::count(Log& log, std::string_view line, TimePoint now) {
    const auto message = sshd_message(line);
    if (const auto sentence = log.understanding.note(line, message.has_value(), now))
        tell(log, ListAction::puzzling, {Gravity::warning, *sentence});
    const auto login = message ? failed_login_in(*message) : std::nullopt;
    if (!login) return;
    log.counted += login->times;
    if (!log.failures.add(*login, now)) return;
    const auto source = Ipv4Prefix::of(login->address, 32);
    const auto added = sources_.add(log.list, source, log.config.lifetime, Origin::auth_log, now);
    log.listed += added ? 1 : 0;
    if (!added) return tell(log, ListAction::refused, {Gravity::warning, added.error()});
    events_.publish(ListChanged{
        .action = ListAction::added,
        .list = log.list,
        .source = source,
        .lifetime = log.config.lifetime,
        .file = log.config.file.string(),
        .told = {Gravity::information, fmt::format("list {}: {} for {}, after {} failures in {}", log.list,
                                                   text_of_source(source), duration_text(log.config.lifetime),
                                                   log.config.failures, log.config.file.string())}});
}

/// `told` is what there is to say of the log, without its name.
void ListWatcher::tell(const Log& log, ListAction action, Told told) const {
    told.text = fmt::format("log {}: {}", log.config.file.string(), told.text);
    events_.publish(ListChanged{
        .action = action, .list = log.list, .file = log.config.file.string(), .told = std::move(told)});
}

std::vector<FollowedLog> ListWatcher::logs() const {
    std::vector<FollowedLog> all;
    all.reserve(logs_.size());
    for (const auto& log : logs_)
        all.push_back({.file = log.config.file.string(),
                       .list = log.list,
                       .trouble = log.tail.error() == 0 ? "" : log.tail.reason(),
                       .lines = log.understanding.lines(),
                       .of_sshd = log.understanding.of_sshd(),
                       .failures = log.counted,
                       .listed = log.listed});
    return all;
}

void ListWatcher::set_timer(TimePoint now) const {
    std::optional<Milliseconds> wait;
    for (const auto& list : lists_) {
        if (list.due) wait = std::min(wait.value_or(*list.due - now), *list.due - now);
        if (list.load) wait = Milliseconds{0};
    }
    for (const auto& log : logs_)
        if (log.more) wait = Milliseconds{0};
    itimerspec timer{};
    if (wait) {
        const auto left = std::max(*wait, Milliseconds{0}).count();
        // 0 would stop it.
        timer.it_value = {.tv_sec = left / 1000, .tv_nsec = std::max<long>(left % 1000 * 1'000'000, 1)};
    }
    timerfd_settime(timer_.get(), 0, &timer, nullptr);
}

}  // namespace honeyswitch::control
