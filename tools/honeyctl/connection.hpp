// The connection to a running honeyswitch.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <string>

#include "base/system/descriptor.hpp"
#include "tools/honeyctl/pages.hpp"

namespace honeyswitch::honeyctl {

class Connection {
  public:
    /// How long a switch may take for one answer, which takes it a millisecond.
    static constexpr std::chrono::milliseconds usual_patience{10'000};

    /// The error is a sentence that names the socket and says what to do.
    [[nodiscard]] static std::expected<Connection, std::string> open(
        const std::filesystem::path& path, std::chrono::milliseconds patience = usual_patience);

    /// Sends a request and waits for its response.
    [[nodiscard]] std::expected<Json, std::string> ask(const Json& request);

    /// Sends a request, and hands each line after its response to `take`: until `take` says that it is enough
    /// or the switch closes the connection, which is no error. It waits for lines for ever.
    [[nodiscard]] std::expected<void, std::string> listen(const Json& request, const LineSink& take);

  private:
    explicit Connection(Descriptor socket) : socket_(std::move(socket)) {}
    [[nodiscard]] std::expected<void, std::string> send_line(std::string_view line);
    [[nodiscard]] std::expected<std::string, std::string> receive_line();
    /// False: the switch has closed the connection.
    [[nodiscard]] std::expected<bool, std::string> receive_more();

    Descriptor socket_;
    std::string received_;  ///< beyond the last line
};

}  // namespace honeyswitch::honeyctl
