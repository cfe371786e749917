#include "agent/sockets/udp_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "agent/wire/datagram.hpp"

namespace honeyswitch::agent {
std::expected<UdpSocket, std::string> UdpSocket::connect(const SocketAddress& controller) {
    Descriptor descriptor(socket(controller.storage.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor || ::connect(descriptor.get(), reinterpret_cast<const sockaddr*>(&controller.storage),
                                 controller.size) != 0)
        return std::unexpected(std::strerror(errno));
    return UdpSocket(std::move(descriptor));
}

void UdpSocket::send(Bytes datagram) {
    if (!descriptor_) return;
    if (::send(descriptor_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL) < 0 && errno != EAGAIN)
        failure_ = errno;
}

void UdpSocket::receive(const std::function<void(Bytes)>& handler) {
    std::array<std::uint8_t, max_datagram + 1> buffer;
    for (unsigned i = 0; i < 256; ++i) {
        const auto size = recv(descriptor_.get(), buffer.data(), buffer.size(), 0);
        if (size >= 0) {
            failure_ = 0;
            handler(Bytes(buffer).first(static_cast<std::size_t>(size)));
        } else if (errno == ECONNREFUSED) {
            failure_ = errno;  // ICMP only says that the controller is not there yet
        } else if (errno != EINTR) {
            return;
        }
    }
}

std::string UdpSocket::failure() const {
    return failure_ == 0 ? "" : std::strerror(failure_);
}

}  // namespace honeyswitch::agent
