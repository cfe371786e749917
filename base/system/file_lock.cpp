#include "base/system/file_lock.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

namespace honeyswitch {

std::expected<FileLock, std::string> FileLock::take(const std::filesystem::path& path) {
    // Closed on exec, as the lock would live on in whatever is started meanwhile.
    Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) return std::unexpected(std::generic_category().message(errno));
    if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) return FileLock(std::move(file));
    if (errno != EWOULDBLOCK) return std::unexpected(std::generic_category().message(errno));
    const auto pid = holder(path);
    return std::unexpected("it is in use by " + (pid ? process_text(*pid) : "another process"));
}

std::optional<pid_t> FileLock::holder(const std::filesystem::path& path) {
    struct stat status{};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    const auto wanted = fmt::format("{:02x}:{:02x}:{}", major(status.st_dev), minor(status.st_dev),
                                    static_cast<std::uint64_t>(status.st_ino));
    std::ifstream locks("/proc/locks");
    for (std::string line; std::getline(locks, line);) {
        // "1: FLOCK  ADVISORY  WRITE 27311 00:28:59405 0 EOF"; who waits has "->" in the place of the kind.
        std::istringstream words(line);
        std::string number, kind, advisory, access, file;
        pid_t pid = 0;
        words >> number >> kind >> advisory >> access >> pid >> file;
        if (kind == "FLOCK" && file == wanted && pid > 0) return pid;
    }
    return std::nullopt;
}

std::string process_text(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/comm", pid));
    std::string name;
    std::getline(file, name);
    return fmt::format("{}, pid {}", name.empty() ? "a process" : name, pid);
}

}  // namespace honeyswitch
