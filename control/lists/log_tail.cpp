#include "control/lists/log_tail.hpp"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>

namespace honeyswitch::control {

LogTail::LogTail(std::filesystem::path file) : file_(std::move(file)), buffer_(portion) {
    static_cast<void>(open(Begin::at_end));
}

bool LogTail::open(Begin where) {
    // What is no regular file must not block whoever opens it.
    Descriptor opened(::open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!opened || fstat(opened.get(), &status) < 0) {
        error_ = errno;
        missing_ = error_ == ENOENT;
        return false;
    }
    missing_ = false;
    error_ = S_ISREG(status.st_mode) ? 0 : EINVAL;
    if (error_ != 0) return false;
    descriptor_ = std::move(opened);
    identity_ = {status.st_dev, status.st_ino};
    offset_ = 0;
    partial_.clear();
    skipping_ = false;
    if (where == Begin::at_end) begin_at_end();
    return true;
}

void LogTail::begin_at_end() {
    struct stat status{};
    if (fstat(descriptor_.get(), &status) < 0 || status.st_size == 0) return;
    offset_ = status.st_size;
    char last = '\n';
    skipping_ = pread(descriptor_.get(), &last, 1, offset_ - 1) == 1 && last != '\n';
}

bool LogTail::begin_anew() {
    struct stat followed{}, named{};
    if (fstat(descriptor_.get(), &followed) == 0 && followed.st_size < offset_) {
        offset_ = 0;
        partial_.clear();
        skipping_ = false;
        return true;
    }
    if (stat(file_.c_str(), &named) < 0 || Identity{named.st_dev, named.st_ino} == identity_) return false;
    return named.st_size > 0 && open(Begin::at_start);
}

bool LogTail::read(const std::function<void(std::string_view)>& each) {
    if (!descriptor_ && !open(missing_ ? Begin::at_start : Begin::at_end)) return false;
    const auto size = pread(descriptor_.get(), buffer_.data(), buffer_.size(), offset_);
    if (size < 0) {
        error_ = errno;
        descriptor_ = {};
        return false;
    }
    if (size == 0) return begin_anew();
    offset_ += size;
    split({buffer_.data(), static_cast<std::size_t>(size)}, each);
    return true;
}

std::string LogTail::reason() const {
    return error_ == EINVAL ? "not a regular file" : std::strerror(error_);
}

void LogTail::split(std::string_view text, const std::function<void(std::string_view)>& each) {
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        keep(text.substr(0, end));
        std::string_view line = partial_;
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!skipping_ && !line.empty()) each(line);
        partial_.clear();
        skipping_ = false;
        text.remove_prefix(end + 1);
    }
    keep(text);
}

void LogTail::keep(std::string_view text) {
    if (partial_.size() + text.size() > longest_line) skipping_ = true;
    if (skipping_)
        partial_.clear();
    else
        partial_ += text;
}

}  // namespace honeyswitch::control
