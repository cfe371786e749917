#include "base/system/folder_watch.hpp"

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

void FolderWatch::watch(const std::set<std::filesystem::path>& folders) {
    std::erase_if(folders_, [&](const Folder& folder) {
        if (folders.contains(folder.path)) return false;
        forget(folder);
        return true;
    });
    for (const auto& folder : folders)
        if (std::ranges::find(folders_, folder, &Folder::path) == folders_.end())
            folders_.push_back({folder});
    retry();
}

/// inotify has one watch for a folder, however it is spelt.
void FolderWatch::forget(const Folder& gone) {
    const auto spelt_otherwise = [&](const Folder& folder) {
        return folder.watch == gone.watch && folder.path != gone.path;
    };
    if (gone.watch >= 0 && std::ranges::none_of(folders_, spelt_otherwise))
        inotify_rm_watch(events_.get(), gone.watch);
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
        for (Folder& folder : folders_) {
            if (folder.watch != event.wd) continue;
            if (event.len > 0) changed(folder.path / (buffer.data() + at + sizeof event), event.mask);
            // The folder itself is gone; another of its name is watched when it is there.
            if ((event.mask & IN_IGNORED) != 0) folder.watch = -1;
        }
    }
    return complete;
}

}  // namespace honeyswitch
