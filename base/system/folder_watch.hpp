// What changes in the folders of some files, by inotify(7).
//
// Folders are watched and not the files, as editors and log rotation replace a file by another of its name.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <vector>

#include "base/system/descriptor.hpp"

namespace honeyswitch {

/// The folder of `file`, "." if it names none.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& file);

class FolderWatch {
  public:
    /// Without inotify (no more instances, an odd kernel) it works, but never sees anything.
    FolderWatch();

    /// These folders from here on, and no others. One that does not exist yet is watched once retry() finds
    /// it.
    void watch(const std::set<std::filesystem::path>& folders);
    void retry();

    /// Takes a bounded number of events. `changed` gets the folder and name of a file, and the event's mask;
    /// for a folder that was named in two ways, the file in each. False: events were lost, so that any file
    /// may have changed.
    [[nodiscard]] bool drain(const std::function<void(const std::filesystem::path&, std::uint32_t)>& changed);

    /// Can be read when something has changed; -1: without inotify.
    [[nodiscard]] int descriptor() const { return events_.get(); }

  private:
    struct Folder {
        std::filesystem::path path;
        int watch = -1;  ///< -1: not watched
    };

    void forget(const Folder& gone);

    Descriptor events_;
    std::vector<Folder> folders_;
};

}  // namespace honeyswitch
