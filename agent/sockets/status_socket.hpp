// The Unix socket on which a running agent tells what it knows: whoever connects gets one answer.
#pragma once

#include <expected>
#include <filesystem>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "base/system/unix_socket.hpp"

namespace honeyswitch::agent {

class StatusSocket {
  public:
    /// Replaces a socket that a killed agent left there; root and the agent's own user may connect. Errors:
    /// another agent listens there; the file is no socket; the folder is not writable.
    [[nodiscard]] static std::expected<StatusSocket, Error> listen(const std::filesystem::path& path);

    [[nodiscard]] int descriptor() const { return listener_.fd(); }
    /// Answers everyone who waits. A reader that is slower than its socket's buffer gets a shorter answer.
    void answer(const std::function<std::string()>& status) const;

    /// The other end: the whole answer. Error: nobody listens there.
    [[nodiscard]] static std::expected<std::string, Error> read(const std::filesystem::path& path);

  private:
    explicit StatusSocket(UnixListener listener) : listener_(std::move(listener)) {}

    UnixListener listener_;
};

}  // namespace honeyswitch::agent
