// The Unix socket on which the switch listens to its operators.
#pragma once

#include <expected>
#include <filesystem>

#include <sys/types.h>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace honeyswitch::control {

/// A listening stream socket (non-blocking, mode 0660) whose file goes with it.
class OperatorSocket {
  public:
    /// Makes the folder if it is one of /run. The file of a process that is gone is replaced; one on which
    /// somebody listens (errors name the process), or that is no socket, is an error.
    [[nodiscard]] static std::expected<OperatorSocket, Error> listen_on(const std::filesystem::path& path);

    ~OperatorSocket();
    OperatorSocket(OperatorSocket&&) noexcept = default;
    OperatorSocket& operator=(OperatorSocket&&) = delete;
    OperatorSocket(const OperatorSocket&) = delete;
    OperatorSocket& operator=(const OperatorSocket&) = delete;

    [[nodiscard]] int fd() const { return socket_.get(); }

  private:
    OperatorSocket(Descriptor socket, std::filesystem::path path, ino_t inode)
        : socket_(std::move(socket)), path_(std::move(path)), inode_(inode) {}

    Descriptor socket_;
    std::filesystem::path path_;
    ino_t inode_;  ///< of the file: another process may have put its own there since
};

}  // namespace honeyswitch::control
