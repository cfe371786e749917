#include "agent/sockets/udp_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>

#include "agent/wire/datagram.hpp"

namespace honeyswitch::agent {
namespace {

struct HostPort {
    std::string host, port;
};

HostPort split(const std::string& text) {
    const auto bracket = text.find(']');
    const bool bracketed = text.starts_with('[') && bracket != std::string::npos;
    const auto colon = text.find(':', bracketed ? bracket : 0);
    const auto port =
        colon == std::string::npos ? std::to_string(default_notice_port) : text.substr(colon + 1);
    return {bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon), port};
}

}  // namespace

std::expected<UdpSocket, Error> UdpSocket::connect(const std::string& controller) {
    const auto [host, port] = split(controller);
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    addrinfo* found = nullptr;
    const int failure = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    if (failure != 0) return std::unexpected(Error{"resolve controller", controller, gai_strerror(failure)});
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, freeaddrinfo);
    for (const auto* address = found; address != nullptr; address = address->ai_next) {
        Descriptor descriptor(socket(address->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (descriptor && ::connect(descriptor.get(), address->ai_addr, address->ai_addrlen) == 0)
            return UdpSocket(std::move(descriptor));
    }
    return std::unexpected(Error{"reach controller", controller, std::strerror(errno)});
}

void UdpSocket::send(Bytes datagram) const {
    (void)::send(descriptor_.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
}

void UdpSocket::receive(const std::function<void(Bytes)>& handler) const {
    std::array<std::uint8_t, max_datagram + 1> buffer;
    for (unsigned i = 0; i < 256; ++i) {
        const auto size = recv(descriptor_.get(), buffer.data(), buffer.size(), 0);
        if (size >= 0) {
            handler(Bytes(buffer).first(static_cast<std::size_t>(size)));
        } else if (errno != ECONNREFUSED && errno != EINTR) {
            // A refusal (ICMP) only says that the controller is not there yet.
            return;
        }
    }
}

}  // namespace honeyswitch::agent
