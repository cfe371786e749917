#include "tools/honeyrecord/lines/line_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/honeyrecord/lines/chain.hpp"
#include "tools/honeyrecord/lines/eve_line.hpp"

namespace honeyswitch::record {
namespace {

namespace fs = std::filesystem;

/// The last whole line of a file, which is read backwards: a line may have any length.
std::string last_line(const fs::path& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) return {};
    auto left = static_cast<std::uint64_t>(file.tellg());
    std::string tail;
    constexpr std::uint64_t step = 4096;
    while (left > 0) {
        const auto size = std::min(left, step);
        left -= size;
        std::string piece(size, '\0');
        file.seekg(static_cast<std::streamoff>(left));
        file.read(piece.data(), static_cast<std::streamsize>(size));
        tail.insert(0, piece);
        // The newline at the end is not the one before the line.
        if (tail.size() > 1 && tail.rfind('\n', tail.size() - 2) != std::string::npos) break;
    }
    if (!tail.ends_with('\n')) return {};
    tail.pop_back();
    const auto before = tail.rfind('\n');
    return before == std::string::npos ? tail : tail.substr(before + 1);
}

/// {"timestamp":"2026-…
std::optional<WallTime> time_of_first_line(const fs::path& path) {
    constexpr std::string_view begin = R"({"timestamp":")";
    std::array<char, 64> head{};
    std::ifstream file(path, std::ios::binary);
    file.read(head.data(), head.size());
    const std::string_view text(head.data(), static_cast<std::size_t>(file.gcount()));
    if (!text.starts_with(begin)) return std::nullopt;
    return parse_time(text.substr(begin.size(), text.find('"', begin.size()) - begin.size()));
}

/// Bytes up to the last newline.
std::uint64_t whole_lines(int file, std::uint64_t size) {
    std::array<char, 4096> piece;
    while (size > 0) {
        const auto length = std::min<std::uint64_t>(size, piece.size());
        const auto got = pread(file, piece.data(), length, static_cast<off_t>(size - length));
        if (got != static_cast<ssize_t>(length)) return size;
        const auto end = std::string_view(piece.data(), length).rfind('\n');
        if (end != std::string_view::npos) return size - length + end + 1;
        size -= length;
    }
    return 0;
}

}  // namespace

std::vector<fs::path> rotated_files(const fs::path& file) {
    std::vector<fs::path> found;
    const auto begin = file.filename().string() + ".";
    std::error_code failure;
    const auto folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end;
         entry.increment(failure)) {
        const auto name = entry->path().filename().string();
        // ".20261127T034000Z", and what makes it unique.
        constexpr std::size_t stamp = 16;
        if (!name.starts_with(begin) || name.size() < begin.size() + stamp) continue;
        const auto rest = std::string_view(name).substr(begin.size());
        if (rest.find_first_not_of("0123456789TZ.") == std::string_view::npos && rest[8] == 'T')
            found.push_back(entry->path());
    }
    std::ranges::sort(found);
    return found;
}

Error LineFile::error(std::string attempted) const {
    return {std::move(attempted), settings_.file.string(), std::strerror(errno)};
}

std::expected<LineFile, Error> LineFile::open(LineFileSettings settings) {
    LineFile file(std::move(settings));
    if (auto opened = file.open_file(); !opened) return std::unexpected(opened.error());
    file.continue_chain();
    return file;
}

std::expected<void, Error> LineFile::open_file() {
    constexpr mode_t owner_and_group = 0640;
    Descriptor opened(
        ::open(settings_.file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, owner_and_group));
    if (!opened) return std::unexpected(error("open"));
    struct stat status{};
    if (fstat(opened.get(), &status) != 0 || !S_ISREG(status.st_mode))
        return std::unexpected(Error{"open", settings_.file.string(), "it is no regular file"});
    file_ = std::move(opened);
    size_ = static_cast<std::uint64_t>(status.st_size);
    return find_end();
}

std::expected<void, Error> LineFile::find_end() {
    const auto whole = whole_lines(file_.get(), size_);
    if (whole != size_ && ftruncate(file_.get(), static_cast<off_t>(whole)) != 0)
        return std::unexpected(error("cut off the last line of"));
    size_ = whole;
    began_ = size_ == 0 ? std::nullopt : time_of_first_line(settings_.file);
    return {};
}

void LineFile::continue_chain() {
    auto line = last_line(settings_.file);
    if (const auto rotated = rotated_files(settings_.file); line.empty() && !rotated.empty())
        line = last_line(rotated.back());
    head_ = line.empty() ? chain_begin() : line_hash(line);
}

void LineFile::set(LineFileSettings settings) {
    settings.file = settings_.file;
    settings_ = std::move(settings);
}

void LineFile::add_line(std::string& text, std::string& head, const Event& event) const {
    auto line = eve_line(event);
    if (settings_.chain) {
        line = chained(std::move(line), head);
        head = line_hash(line);
    }
    text += line;
    text += '\n';
}

std::expected<void, Error> LineFile::write(std::span<const EventPointer> events, WallTime now) {
    if (events.empty()) return {};
    const auto refuse = [&](Error reason) {
        lost_ += events.size();
        return std::unexpected(std::move(reason));
    };
    if (!file_)
        if (auto opened = open_file(); !opened) return refuse(std::move(opened.error()));
    if (due(now))
        if (auto rotated = rotate(now); !rotated) return refuse(std::move(rotated.error()));
    std::string text, head = head_;
    if (lost_ != 0) add_line(text, head, *gap_of(GapCause::unwritten, now, lost_));
    for (const auto& event : events) add_line(text, head, *event);
    if (auto appended = append(text); !appended) return refuse(std::move(appended.error()));
    head_ = std::move(head);
    lost_ = 0;
    if (!began_) began_ = events.front()->time;
    return {};
}

std::expected<void, Error> LineFile::append(std::string_view text) {
    auto rest = text;
    while (!rest.empty()) {
        const auto written = ::write(file_.get(), rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) {
            const auto reason = error("write to");
            if (ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) file_ = Descriptor();
            return std::unexpected(reason);
        }
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    size_ += text.size();
    dirty_ = true;
    return {};
}

bool LineFile::due(WallTime now) const {
    return size_ != 0 && (size_ >= settings_.most_bytes || (began_ && now - *began_ >= settings_.most_age));
}

fs::path LineFile::name_of_rotated(WallTime now) const {
    auto stamp = time_text(now).substr(0, 19);
    std::erase_if(stamp, [](char letter) { return letter == '-' || letter == ':'; });
    const auto name = fmt::format("{}.{}Z", settings_.file.string(), stamp);
    fs::path free = name;
    // In the order of their names, for those of one second.
    std::error_code ignored;
    for (unsigned number = 1; fs::exists(free, ignored); ++number)
        free = fmt::format("{}.{:06}", name, number);
    return free;
}

std::expected<void, Error> LineFile::rotate(WallTime now) {
    (void)fdatasync(file_.get());
    dirty_ = false;
    if (std::rename(settings_.file.c_str(), name_of_rotated(now).c_str()) != 0 && errno != ENOENT)
        return std::unexpected(error("rotate"));
    ++rotations_;
    file_ = Descriptor();
    remove_oldest();
    return open_file();
}

void LineFile::remove_oldest() const {
    const auto rotated = rotated_files(settings_.file);
    std::error_code ignored;
    for (std::size_t i = 0; i + settings_.kept < rotated.size(); ++i) fs::remove(rotated[i], ignored);
}

std::expected<void, Error> LineFile::tick(WallTime now) {
    if (file_ && std::exchange(dirty_, false) && fdatasync(file_.get()) != 0)
        return std::unexpected(error("sync"));
    if (file_ && due(now)) return rotate(now);
    return {};
}

std::expected<void, Error> LineFile::reopen() {
    if (file_ && dirty_) (void)fdatasync(file_.get());
    dirty_ = false;
    file_ = Descriptor();
    return open_file();
}

}  // namespace honeyswitch::record
