// An exclusive lock on a file or a folder, which the kernel takes back however the process ends.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/system/descriptor.hpp"

namespace honeyswitch {

/// flock(2) of what is there already: nothing is made, and nothing stays behind. Any thread.
class FileLock {
  public:
    /// Does not wait. Errors: a clause that says who has it ("it is in use by honeyswitch, pid 1234"), or why
    /// it cannot be opened.
    [[nodiscard]] static std::expected<FileLock, std::string> take(const std::filesystem::path& path);

    /// The process that has the lock, as the kernel says. nullopt: nobody, or one that cannot be seen from
    /// here (another PID namespace).
    [[nodiscard]] static std::optional<pid_t> holder(const std::filesystem::path& path);

  private:
    explicit FileLock(Descriptor file) : file_(std::move(file)) {}

    Descriptor file_;
};

/// "honeyswitch, pid 1234"
[[nodiscard]] std::string process_text(pid_t pid);

}  // namespace honeyswitch
