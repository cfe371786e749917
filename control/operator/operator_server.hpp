// The operator's socket: one JSON request a line, one JSON response a line (operator_request.hpp).
//
// Runs on the control thread and never holds it up: no call blocks, each call handles one event, and an event
// leads to at most one page of one table.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <map>

#include "base/error.hpp"
#include "base/system/unix_socket.hpp"
#include "control/inspect/inspect.hpp"
#include "control/operator/operate.hpp"
#include "control/operator/operator_client.hpp"

namespace honeyswitch::control {

/// One more replaces the one that has been idle the longest, of those who may do the least and no more than
/// it may itself. Whom no group has is told so, and takes no place.
inline constexpr std::size_t most_clients = 16;

class OperatorServer {
  public:
    /// The socket that operators ask on, in a folder that is there or may be made. With `groups` anybody may
    /// connect (mode 0666), as each peer's right is that of its process; without, the file's mode decides
    /// (0660).
    [[nodiscard]] static std::expected<UnixListener, Error> listen_on(const std::filesystem::path& path,
                                                                      const OperatorGroups& groups = {});
    /// What `context` points to must outlive the server. Errors: the socket cannot be had.
    [[nodiscard]] static std::expected<OperatorServer, Error> open(const std::filesystem::path& path,
                                                                   const OperatorContext& context,
                                                                   const OperatorGroups& groups = {});
    /// The same on a socket that is there already, and was opened for the same groups: who connected
    /// meanwhile has waited.
    [[nodiscard]] static std::expected<OperatorServer, Error> serve(UnixListener socket,
                                                                    const OperatorContext& context,
                                                                    const OperatorGroups& groups = {});

    /// An epoll descriptor: readable while there is something to do. To be watched by the control loop.
    [[nodiscard]] int fd() const { return epoll_.get(); }

    /// Handles one event, if there is one; what is left keeps fd() readable.
    void service(TimePoint now);

    /// Events that one tick() tells of, to all clients together, which takes some 400 microseconds.
    static constexpr std::size_t most_events_a_turn = 256;

    /// Sends each client that is told of events its share of them. Call it once in each turn of the control
    /// loop. Returns whether there is more to send at once.
    [[nodiscard]] bool tick(TimePoint now);

    [[nodiscard]] std::size_t clients() const { return clients_.size(); }

  private:
    OperatorServer(UnixListener socket, Descriptor epoll, const OperatorContext& context,
                   const OperatorGroups& groups)
        : socket_(std::move(socket)), epoll_(std::move(epoll)), groups_(groups), context_(context) {}

    using Clients = std::map<int, OperatorClient>;
    /// Returns the client after it.
    Clients::iterator serve(Clients::iterator client, std::uint32_t ready, TimePoint now);
    /// Likewise. `before`: what it was watched for; without `goes_on` its connection is over.
    Clients::iterator watch_again(Clients::iterator client, std::uint32_t before, bool goes_on);
    [[nodiscard]] std::size_t share_of_events() const;
    void accept_client(TimePoint now);
    /// For one more with this right. False: all who have a place may do more.
    [[nodiscard]] bool make_room(OperatorRight right);
    [[nodiscard]] bool watch(int operation, int fd, std::uint32_t events);

    UnixListener socket_;
    Descriptor epoll_;
    OperatorGroups groups_;
    OperatorContext context_;
    Clients clients_;  ///< by descriptor; few
};

}  // namespace honeyswitch::control
