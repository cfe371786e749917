// Whether a file is still what it was, without reading it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <sys/stat.h>

namespace honeyswitch {

/// The time is that of the last change of any kind (ctime), which nobody can set.
struct FileStamp {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = 0, seconds = 0, nanoseconds = 0;

    friend bool operator==(const FileStamp&, const FileStamp&) = default;

    /// nullopt: there is no such file.
    [[nodiscard]] static std::optional<FileStamp> of(const std::filesystem::path& file) {
        struct stat status{};
        if (stat(file.c_str(), &status) < 0) return std::nullopt;
        return FileStamp{status.st_dev, status.st_ino, status.st_size, status.st_ctim.tv_sec,
                         status.st_ctim.tv_nsec};
    }
};

}  // namespace honeyswitch
