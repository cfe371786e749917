#include "agent/sockets/status_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace honeyswitch::agent {
namespace {

constexpr int send_buffer = 4 << 20;

std::unexpected<Error> failed(const char* attempted, const std::filesystem::path& path, std::string reason) {
    return std::unexpected(Error{attempted, path.string(), std::move(reason)});
}

std::expected<sockaddr_un, Error> address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.string().size() >= sizeof address.sun_path)
        return failed("use the status socket", path, "its path is too long");
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    return address;
}

Descriptor stream_socket(int flags) {
    return Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
}

/// 0, or the errno of the failure.
int connect_to(const Descriptor& descriptor, const sockaddr_un& address) {
    if (!descriptor) return EMFILE;
    if (connect(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return 0;
    return errno;
}

}  // namespace

std::expected<StatusSocket, Error> StatusSocket::listen(const std::filesystem::path& path) {
    const auto address = address_of(path);
    if (!address) return std::unexpected(address.error());
    const int reason = connect_to(stream_socket(0), *address);
    if (reason == 0) return failed("listen on", path, "another agent listens there");
    if (reason == ECONNREFUSED) unlink(path.c_str());
    auto descriptor = stream_socket(SOCK_NONBLOCK);
    if (!descriptor) return failed("listen on", path, std::strerror(errno));
    if (bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::listen(descriptor.get(), 8) != 0)
        return failed("listen on", path, std::strerror(errno));
    return StatusSocket(std::move(descriptor));
}

void StatusSocket::answer(const std::function<std::string()>& status) const {
    for (;;) {
        const Descriptor client(accept4(descriptor_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (!client) return;
        (void)setsockopt(client.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof send_buffer);
        const auto text = status();
        (void)send(client.get(), text.data(), text.size(), MSG_NOSIGNAL);
    }
}

std::expected<std::string, Error> StatusSocket::read(const std::filesystem::path& path) {
    const auto address = address_of(path);
    if (!address) return std::unexpected(address.error());
    const auto descriptor = stream_socket(0);
    if (const int reason = connect_to(descriptor, *address); reason != 0)
        return failed("ask the agent at", path, std::strerror(reason));
    std::string answer;
    std::array<char, 65536> buffer;
    ssize_t size = 0;
    while ((size = recv(descriptor.get(), buffer.data(), buffer.size(), 0)) > 0)
        answer.append(buffer.data(), static_cast<std::size_t>(size));
    if (size < 0) return failed("ask the agent at", path, std::strerror(errno));
    return answer;
}

}  // namespace honeyswitch::agent
