#include "control/operator/operator_server.hpp"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>
#include <sys/socket.h>

namespace honeyswitch::control {
namespace {

constexpr mode_t owner_and_group = 0660, everybody = 0666;

}  // namespace

std::expected<UnixListener, Error> OperatorServer::listen_on(const std::filesystem::path& path,
                                                             const OperatorGroups& groups) {
    return UnixListener::listen_on(
        path, {.attempted = "listen to operators on", .mode = groups.decide() ? everybody : owner_and_group});
}

std::expected<OperatorServer, Error> OperatorServer::open(const std::filesystem::path& path,
                                                          const OperatorContext& context,
                                                          const OperatorGroups& groups) {
    auto socket = listen_on(path, groups);
    if (!socket) return std::unexpected(socket.error());
    return serve(std::move(*socket), context, groups);
}

std::expected<OperatorServer, Error> OperatorServer::serve(UnixListener socket,
                                                           const OperatorContext& context,
                                                           const OperatorGroups& groups) {
    Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    const int listener = socket.fd();
    OperatorServer server(std::move(socket), std::move(epoll), context, groups);
    if (!server.epoll_ || !server.watch(EPOLL_CTL_ADD, listener, EPOLLIN))
        return std::unexpected(
            Error{"watch", "the operators' socket", std::generic_category().message(errno)});
    return server;
}

bool OperatorServer::watch(int operation, int fd, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    return epoll_ctl(epoll_.get(), operation, fd, &event) == 0;
}

void OperatorServer::service(TimePoint now) {
    epoll_event event{};
    // Level-triggered: the kernel puts what stays ready at the end of its list, so that all get their turn.
    if (epoll_wait(epoll_.get(), &event, 1, 0) != 1) return;
    if (event.data.fd == socket_.fd()) {
        accept_client(now);
        return;
    }
    const auto client = clients_.find(event.data.fd);
    if (client == clients_.end()) return;
    if (!client->second.service(event.events, context_, now) ||
        !watch(EPOLL_CTL_MOD, client->first, client->second.interest()))
        clients_.erase(client);  // closing takes it out of the epoll set
}

void OperatorServer::accept_client(TimePoint now) {
    Descriptor connection(accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection) {
        if (errno == EMFILE || errno == ENFILE) make_room();  // or the listener stays readable for ever
        return;
    }
    if (clients_.size() >= most_clients) make_room();
    const int fd = connection.get();
    const auto peer = OperatorPeer::of(fd);
    if (!peer || !watch(EPOLL_CTL_ADD, fd, EPOLLIN)) return;
    clients_.try_emplace(fd, std::move(connection), peer->right(groups_), peer->text(), now);
}

void OperatorServer::make_room() {
    const auto idle =
        std::ranges::min_element(clients_, {}, [](const auto& entry) { return entry.second.last_used(); });
    if (idle != clients_.end()) clients_.erase(idle);
}

}  // namespace honeyswitch::control
