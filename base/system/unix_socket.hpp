// Unix stream sockets: the one that a daemon listens on, and the connection to it.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include <sys/types.h>

#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch {

/// A listening stream socket (non-blocking) whose file goes with it.
class UnixListener {
  public:
    struct Options {
        std::string attempted;  ///< of the error: "listen to operators on"
        mode_t mode = 0600;     ///< of the file, whatever the umask says
    };
    /// Makes the folder if it is one of /run. The file of a process that is gone is replaced. Errors:
    /// somebody listens there, who is named; there is no folder; the file is no socket and is left alone; the
    /// path is too long; what the kernel says.
    [[nodiscard]] static std::expected<UnixListener, Error> listen_on(const std::filesystem::path& path,
                                                                      const Options& options);

    ~UnixListener();
    UnixListener(UnixListener&&) noexcept = default;
    UnixListener& operator=(UnixListener&&) = delete;
    UnixListener(const UnixListener&) = delete;
    UnixListener& operator=(const UnixListener&) = delete;

    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    UnixListener(Descriptor socket, std::filesystem::path path, ino_t inode)
        : socket_(std::move(socket)), path_(std::move(path)), inode_(inode) {}

    Descriptor socket_;
    std::filesystem::path path_;
    ino_t inode_;  ///< of the file: another process may have put its own there since
};

/// Connects to whoever listens at `path` (blocking). `attempted` is the error's: "ask the agent at".
[[nodiscard]] std::expected<Descriptor, Error> connect_to_unix(const std::filesystem::path& path,
                                                               std::string attempted);

}  // namespace honeyswitch
