#include "control/operator/operator_server.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "control/operator/operator_commands.hpp"

namespace honeyswitch::control {
namespace {

constexpr mode_t owner_and_group = 0660, everybody = 0666;

/// It has no place, and takes nobody's: the one sentence leaves at once or not at all.
void refuse(int fd, std::string_view reason) {
    const auto line = nlohmann::json{{"error", reason}}.dump() + "\n";
    (void)send(fd, line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

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
    if (client != clients_.end()) serve(client, event.events, now);
}

OperatorServer::Clients::iterator OperatorServer::serve(Clients::iterator client, std::uint32_t ready,
                                                        TimePoint now) {
    const auto before = client->second.interest();
    return watch_again(client, before, client->second.service(ready, context_, now));
}

OperatorServer::Clients::iterator OperatorServer::watch_again(Clients::iterator client, std::uint32_t before,
                                                              bool goes_on) {
    const auto wanted = client->second.interest();
    if (goes_on && (wanted == before || watch(EPOLL_CTL_MOD, client->first, wanted)))
        return std::next(client);
    return clients_.erase(client);  // closing takes it out of the epoll set
}

std::size_t OperatorServer::share_of_events() const {
    const auto listening =
        std::ranges::count_if(clients_, [](const auto& entry) { return entry.second.can_take_more(); });
    return most_events_a_turn / static_cast<std::size_t>(std::max<std::ptrdiff_t>(listening, 1));
}

bool OperatorServer::tick(TimePoint now) {
    bool more = false;
    const std::size_t share = share_of_events();
    for (auto client = clients_.begin(); client != clients_.end();) {
        // There is room for few of them.
        if (client->second.stalled(now)) {
            client = clients_.erase(client);
            continue;
        }
        if (!client->second.streams()) {
            ++client;
            continue;
        }
        // Of one that did not take all at once, the kernel may have room again: in a busy turn nobody asks
        // it. There is more to send then, as for one that was behind.
        more = client->second.can_take_more() || more;
        const auto before = client->second.interest();
        const bool goes_on = client->second.stream(share, now);
        more = client->second.can_take_more() || more;
        client = watch_again(client, before, goes_on);
    }
    return more;
}

void OperatorServer::accept_client(TimePoint now) {
    Descriptor connection(accept4(socket_.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection) {
        // Or the listener stays readable for ever.
        if (errno == EMFILE || errno == ENFILE) (void)make_room(OperatorRight::change);
        return;
    }
    const int fd = connection.get();
    const auto peer = OperatorPeer::of(fd);
    if (!peer) return;
    const auto right = peer->right(groups_);
    if (right == OperatorRight::none) return refuse(fd, nobody_of_ours);
    if (clients_.size() >= most_clients && !make_room(right))
        return refuse(fd, "all places are taken by those who may change something");
    if (!watch(EPOLL_CTL_ADD, fd, EPOLLIN)) return;
    clients_.try_emplace(fd, std::move(connection), right, *peer, now);
}

bool OperatorServer::make_room(OperatorRight right) {
    // Whoever may do more comes last, or readers could keep those out who have to change something. Who is
    // told of events may have nothing to say for hours, and is never one of all.
    const auto place = std::ranges::min_element(clients_, {}, [](const auto& entry) {
        return std::tuple(entry.second.right(), entry.second.streams(), entry.second.last_used());
    });
    if (place == clients_.end() || place->second.right() > right) return false;
    clients_.erase(place);
    return true;
}

}  // namespace honeyswitch::control
