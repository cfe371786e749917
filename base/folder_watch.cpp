#include "base/folder_watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <spdlog/spdlog.h>
#include <sys/inotify.h>

namespace honeyswitch {

std::filesystem::path folder_of(const std::filesystem::path& file) {
    return file.has_parent_path() ? file.parent_path() : ".";
}

FolderWatch::FolderWatch() : events_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (!events_) spdlog::warn("inotify: {}; files are looked at once a second", std::strerror(errno));
}

void FolderWatch::add(const std::filesystem::path& folder) {
    if (std::ranges::find(folders_, folder, &Folder::path) != folders_.end()) return;
    folders_.push_back({folder});
    retry();
}

void FolderWatch::retry() {
    constexpr std::uint32_t mask =
        IN_CLOSE_WRITE | IN_MOVED_TO | IN_MODIFY | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_ONLYDIR;
    if (!events_) return;
    for (auto& folder : folders_)
        if (folder.watch < 0) folder.watch = inotify_add_watch(events_.get(), folder.path.c_str(), mask);
}

bool FolderWatch::drain(const std::function<void(const std::filesystem::path&, std::uint32_t)>& changed) {
    alignas(inotify_event) std::array<char, 16'384> buffer;
    const auto size = read(events_.get(), buffer.data(), buffer.size());
    bool complete = true;
    inotify_event event{};
    for (std::size_t at = 0; size > 0 && at < static_cast<std::size_t>(size);
         at += sizeof event + event.len) {
        std::memcpy(&event, buffer.data() + at, sizeof event);
        if ((event.mask & IN_Q_OVERFLOW) != 0) complete = false;
        const auto folder = std::ranges::find(folders_, event.wd, &Folder::watch);
        if (folder == folders_.end()) continue;
        // The folder itself is gone; another of its name is watched when it is there.
        if ((event.mask & IN_IGNORED) != 0) folder->watch = -1;
        if (event.len > 0) changed(folder->path / (buffer.data() + at + sizeof event), event.mask);
    }
    return complete;
}

}  // namespace honeyswitch
