#include "control/history/change_history.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/system/descriptor.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

constexpr std::chrono::seconds between_tries{10};

std::string user_name(std::uint32_t uid) {
    std::array<char, 16'384> room{};
    passwd entry{};
    passwd* found = nullptr;
    if (getpwuid_r(uid, &entry, room.data(), room.size(), &found) != 0 || found == nullptr) return "";
    return found->pw_name;
}

json number_or_null(const std::optional<std::uint32_t>& number) {
    return number ? json(*number) : json();
}

std::optional<std::uint32_t> number_at(const json& line, const char* key) {
    const auto place = line.find(key);
    if (place == line.end() || !place->is_number_unsigned()) return std::nullopt;
    return place->get<std::uint32_t>();
}

std::optional<HistoryRow> row_of(std::string_view text) {
    const auto line = json::parse(text, nullptr, false);
    if (!line.is_object()) return std::nullopt;
    const auto has_text = [&](const char* key) { return line.contains(key) && line[key].is_string(); };
    if (!has_text("time") || !has_text("command")) return std::nullopt;
    HistoryRow row{.time = line["time"], .uid = number_at(line, "uid"), .pid = number_at(line, "pid")};
    row.command = line["command"];
    if (has_text("user")) row.user = line["user"];
    if (const auto changes = line.find("changes"); changes != line.end() && changes->is_array())
        for (const json& change : *changes)
            if (change.is_string()) row.changes.push_back(change);
    return row;
}

/// Of a device there may be no end.
std::string text_of_file(const std::filesystem::path& file) {
    std::error_code none;
    if (!std::filesystem::is_regular_file(file, none)) return "";
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::string reason() {
    return std::generic_category().message(errno);
}

/// A line is on the disk as a whole or not at all. Empty: it is.
std::string append(int file, const std::string& line) {
    struct stat before{};
    if (fstat(file, &before) != 0) return reason();
    // Behind a line that was cut off, as a machine went down, a new one begins.
    std::string text = line;
    char last = '\n';
    if (before.st_size > 0 && pread(file, &last, 1, before.st_size - 1) == 1 && last != '\n')
        text.insert(text.begin(), '\n');
    errno = ENOSPC;  // where only a part was written
    if (::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size())) return "";
    auto why = reason();
    if (ftruncate(file, before.st_size) != 0) why += "; and what was written of it stays there";
    return why;
}

struct Appended {
    std::size_t lines = 0;  ///< from the first one on, that are on the disk
    std::string failure{};  ///< why it is not all of them; empty: it is
};

/// What the disk has not confirmed is taken back, so that it is there once when it is written again.
Appended append_all(int file, const std::deque<std::string>& lines) {
    struct stat before{};
    if (fstat(file, &before) != 0) return {.failure = reason()};
    Appended done;
    for (const std::string& line : lines) {
        done.failure = append(file, line);
        if (!done.failure.empty()) break;
        ++done.lines;
    }
    if (done.lines == 0 || fsync(file) == 0) return done;
    auto why = reason();
    if (ftruncate(file, before.st_size) != 0) why += "; and what was written stays there";
    return {.failure = std::move(why)};
}

}  // namespace

std::string history_line(const HistoryRow& row) {
    const json line{{"time", row.time},       {"uid", number_or_null(row.uid)},
                    {"user", row.user},       {"pid", number_or_null(row.pid)},
                    {"command", row.command}, {"changes", row.changes}};
    return line.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::vector<HistoryRow> parse_history(std::string_view text) {
    std::vector<HistoryRow> rows;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (auto row = row_of(line)) rows.push_back(std::move(*row));
    }
    return rows;
}

ChangeHistory::ChangeHistory(std::filesystem::path file, std::uintmax_t longest)
    : file_(std::move(file)), longest_(longest) {
    if (!file_.empty()) load();
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ChangeHistory::~ChangeHistory() {
    thread_.request_stop();
    thread_.join();
}

void ChangeHistory::load() {
    for (const auto& file : {std::filesystem::path(file_.string() + ".1"), file_})
        for (HistoryRow& row : parse_history(text_of_file(file))) {
            latest_.push_back(std::move(row));
            if (latest_.size() <= most_in_memory) continue;
            latest_.pop_front();
            ++forgotten_;
        }
}

void ChangeHistory::put(HistoryRow row) {
    if (row.changes.size() > most_changes) {
        const auto more = row.changes.size() - most_changes;
        row.changes.resize(most_changes);
        row.changes.push_back(fmt::format("and {} more", more));
    }
    const std::scoped_lock lock(mutex_);
    if (arrived_.size() == most_waiting) {  // the disk hangs
        arrived_.pop_front();
        ++passed_over_;
    }
    arrived_.push_back(std::move(row));
    wakeup_.notify_one();
}

HistoryPage ChangeHistory::page(std::uint32_t cursor, std::size_t limit) const {
    const std::scoped_lock lock(mutex_);
    HistoryPage page;
    auto above = forgotten_ + static_cast<std::uint32_t>(latest_.size());
    if (cursor != 0) above = std::min(above, cursor);
    std::size_t changes = 0;
    for (; above > forgotten_ && page.rows.size() < limit && changes < most_changes_of_a_page; --above) {
        page.rows.push_back(latest_[above - 1 - forgotten_]);
        changes += page.rows.back().changes.size();
    }
    if (above > forgotten_) page.next = above;
    return page;
}

void ChangeHistory::run(const std::stop_token& stop) {
    std::deque<std::string> lines;
    while (true) {
        std::deque<HistoryRow> rows;
        {
            std::unique_lock lock(mutex_);
            const auto some = [this] { return !arrived_.empty(); };
            if (lines.empty())
                wakeup_.wait(lock, stop, some);
            else
                wakeup_.wait_for(lock, stop, between_tries, some);
            rows.swap(arrived_);
            lost_ += std::exchange(passed_over_, 0);
        }
        const bool last = stop.stop_requested() && rows.empty();
        for (HistoryRow& row : rows) {
            if (row.uid) row.user = user_name(*row.uid);
            if (!file_.empty()) lines.push_back(history_line(row));
            const std::scoped_lock lock(mutex_);
            latest_.push_back(std::move(row));
            if (latest_.size() <= most_in_memory) continue;
            latest_.pop_front();
            ++forgotten_;
        }
        for (; lines.size() > most_waiting; ++lost_) lines.pop_front();
        if (!lines.empty() && write(lines)) tell_of_success();
        if (!last) continue;
        if (!lines.empty()) spdlog::error("history: {} changes are not written", lines.size() + lost_);
        return;
    }
}

bool ChangeHistory::write(std::deque<std::string>& lines) {
    constexpr mode_t owner_and_group = 0640;
    std::error_code none;
    if (std::filesystem::file_size(file_, none) >= longest_ && !none)
        std::filesystem::rename(file_, file_.string() + ".1", none);
    const Descriptor opened(
        open(file_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, owner_and_group));
    if (!opened) {
        tell_of_failure(reason());
        return false;
    }
    const auto [synced, why] = append_all(opened.get(), lines);
    lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(synced));
    if (why.empty()) return true;
    tell_of_failure(why);
    return false;
}

/// Once, until it goes again.
void ChangeHistory::tell_of_failure(const std::string& why) {
    if (std::exchange(failing_, true)) return;
    spdlog::error("history: {}: {}; changes go on, and are written once they can be", file_.string(), why);
}

void ChangeHistory::tell_of_success() {
    if (!std::exchange(failing_, false)) return;
    if (lost_ == 0)
        spdlog::info("history: {} takes changes again; none was lost", file_.string());
    else
        spdlog::warn("history: {} takes changes again; {} were lost", file_.string(),
                     std::exchange(lost_, 0));
}

}  // namespace honeyswitch::control
