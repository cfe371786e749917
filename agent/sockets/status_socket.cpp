#include "agent/sockets/status_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

namespace honeyswitch::agent {
namespace {

constexpr int send_buffer = 4 << 20;
constexpr const char* asking = "ask the agent at";

}  // namespace

std::expected<StatusSocket, Error> StatusSocket::listen(const std::filesystem::path& path) {
    auto listener = UnixListener::listen_on(path, {.attempted = "tell the status on", .mode = 0600});
    if (!listener) return std::unexpected(listener.error());
    return StatusSocket(std::move(*listener));
}

void StatusSocket::answer(const std::function<std::string()>& status) const {
    for (;;) {
        const Descriptor client(accept4(descriptor(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!client) return;
        (void)setsockopt(client.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
        const auto text = status();
        (void)send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
}

std::expected<std::string, Error> StatusSocket::read(const std::filesystem::path& path) {
    const auto descriptor = connect_to_unix(path, asking);
    if (!descriptor) return std::unexpected(descriptor.error());
    std::string answer;
    std::array<char, 65536> buffer;
    ssize_t size = 0;
    while ((size = recv(descriptor->get(), buffer.data(), buffer.size(), 0)) > 0)
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    if (size < 0) return std::unexpected(Error{asking, path.string(), std::strerror(errno)});
    return answer;
}

}  // namespace honeyswitch::agent
