#include "control/lists/kept_entries.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/system/replaced_file.hpp"

namespace honeyswitch::control {
namespace {

constexpr std::string_view title = "honeyswitch operator's list entries, version 1";
constexpr std::string_view ending = "end";  // a file that was cut off has none
constexpr unsigned ticks_after_failure = 60;

std::string_view next_word(std::string_view& line) {
    const auto word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

}  // namespace

std::string kept_text(const KeptEntries& entries, WallTime now) {
    auto text = fmt::format("{}\n", title);
    for (const auto& [key, until] : entries) {
        if (until && *until <= now) continue;
        text +=
            fmt::format("{} {} {}\n", key.first, to_string(key.second),
                        until ? fmt::format("until {}", until->time_since_epoch().count()) : "until-removed");
    }
    return text + fmt::format("{}\n", ending);
}

std::expected<KeptEntries, std::string> parse_kept(std::string_view text) {
    KeptEntries entries;
    bool ended = false;
    for (std::size_t number = 1; !text.empty(); ++number) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const auto bad = [&](std::string_view reason) {
            return std::unexpected(fmt::format("line {}: {}", number, reason));
        };
        if (ended) return bad("there is something behind the end");
        if (number == 1) {
            if (line != title) return bad("it is not of this version");
            continue;
        }
        if (line == ending) {
            ended = true;
            continue;
        }
        const auto list = next_word(line), place = next_word(line), until = next_word(line);
        const auto prefix = parse_prefix(place);
        if (list.empty() || !prefix) return bad("it has no list and prefix");
        auto& entry = entries[{std::string(list), *prefix}];
        if (until == "until-removed" && line.empty()) continue;
        std::int64_t seconds = 0;
        const auto [end, failure] = std::from_chars(line.data(), line.data() + line.size(), seconds);
        if (until != "until" || line.empty() || failure != std::errc{} || end != line.data() + line.size())
            return bad("it does not say until when");
        entry = WallTime{std::chrono::seconds(seconds)};
    }
    if (!ended) return std::unexpected("its end is missing");
    return entries;
}

KeptFile::KeptFile(std::filesystem::path file) : file_(std::move(file)) {
    if (keeps()) load();
}

void KeptFile::load() {
    std::ifstream stream(file_, std::ios::binary);
    if (!stream) {
        if (errno != ENOENT)
            spdlog::error("lists: the operator's entries cannot be read: {}: {}", file_.string(),
                          std::strerror(errno));
        return;
    }
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    auto parsed = parse_kept(text);
    if (parsed) {
        entries_ = std::move(*parsed);
        return;
    }
    spdlog::error("lists: the operator's entries are lost: {}: {}; it is {}", file_.string(), parsed.error(),
                  set_aside(file_, "broken"));
}

KeptFile::~KeptFile() {
    if (writer_.joinable()) {
        writer_.join();
        finish_writing();
    }
    if (!keeps() || !changed_) return;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (const auto failure = write(file_, kept_text(entries_, now)); !failure.empty())
        spdlog::error("lists: the operator's entries are not kept: {}", failure);
}

void KeptFile::put(const std::string& list, Ipv4Prefix prefix, std::optional<WallTime> until) {
    if (!keeps()) return;
    const std::pair key{list, prefix};
    if (entries_.size() >= most && !entries_.contains(key)) {
        if (!std::exchange(full_told_, true))
            spdlog::warn("lists: more than {} entries of the operator's are not kept across restarts", most);
        return;
    }
    entries_[key] = until;
    changed_ = true;
}

void KeptFile::remove(const std::string& list, Ipv4Prefix prefix) {
    changed_ = entries_.erase({list, prefix}) != 0 || changed_;
}

void KeptFile::only(std::span<const SourceList> lists) {
    const auto gone = std::erase_if(entries_, [&](const auto& entry) {
        return std::ranges::find(lists, entry.first.first, &SourceList::name) == lists.end();
    });
    if (gone == 0) return;
    changed_ = true;
    spdlog::warn("lists: {} entries of the operator's are forgotten, as their lists are gone", gone);
}

void KeptFile::tick(WallTime now) {
    if (writer_.joinable()) {
        if (!written_.load(std::memory_order_acquire)) return;
        writer_.join();
        finish_writing();
    }
    if (wait_ > 0) --wait_;
    if (!keeps() || !changed_ || wait_ > 0) return;
    changed_ = false;
    written_ = false;
    std::erase_if(entries_, [&](const auto& entry) { return entry.second && *entry.second <= now; });
    writer_ = std::jthread([this, text = kept_text(entries_, now)] {
        failure_ = write(file_, text);
        written_.store(true, std::memory_order_release);
    });
}

void KeptFile::finish_writing() {
    writer_ = {};
    if (failure_.empty()) return;
    spdlog::error("lists: the operator's entries are not kept: {}", failure_);
    changed_ = true;
    wait_ = ticks_after_failure;
}

std::string KeptFile::write(const std::filesystem::path& file, const std::string& text) {
    auto begun = ReplacedFile::begin(file);
    if (!begun) return begun.error();
    if (const auto written = begun->write(text); !written) return written.error();
    if (const auto finished = begun->finish(); !finished) return finished.error();
    return "";
}

}  // namespace honeyswitch::control
