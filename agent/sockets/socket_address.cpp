#include "agent/sockets/socket_address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>

#include "agent/wire/datagram.hpp"

namespace honeyswitch::agent {

bool operator==(const SocketAddress& one, const SocketAddress& other) {
    return one.size == other.size && std::memcmp(&one.storage, &other.storage, one.size) == 0;
}

std::string to_string(const SocketAddress& address) {
    std::array<char, NI_MAXHOST> host{};
    std::array<char, NI_MAXSERV> port{};
    if (getnameinfo(reinterpret_cast<const sockaddr*>(&address.storage), address.size, host.data(),
                    host.size(), port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return "?";
    const bool brackets = address.storage.ss_family == AF_INET6;
    return fmt::format("{}{}{}:{}", brackets ? "[" : "", host.data(), brackets ? "]" : "", port.data());
}

std::expected<ControllerName, std::string> ControllerName::parse(const std::string& text) {
    const auto bracket = text.find(']');
    const bool bracketed = text.starts_with('[') && bracket != std::string::npos;
    const auto colon = text.find(':', bracketed ? bracket : 0);
    ControllerName name;
    name.host = bracketed ? text.substr(1, bracket - 1) : text.substr(0, colon);
    name.port = colon == std::string::npos ? std::to_string(default_notice_port) : text.substr(colon + 1);
    unsigned number = 0;
    const auto* const end = name.port.data() + name.port.size();
    const auto [rest, failure] = std::from_chars(name.port.data(), end, number);
    if (name.host.empty() || failure != std::errc{} || rest != end || number == 0 || number > 65'535)
        return std::unexpected(
            fmt::format("controller '{}': write HOST or HOST:PORT, with an IPv6 address in brackets", text));
    std::array<std::uint8_t, sizeof(in6_addr)> address{};
    name.is_address = inet_pton(AF_INET, name.host.c_str(), address.data()) == 1 ||
                      inet_pton(AF_INET6, name.host.c_str(), address.data()) == 1;
    return name;
}

std::expected<std::vector<SocketAddress>, std::string> resolve(const ControllerName& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV | (name.is_address ? AI_NUMERICHOST : 0);
    addrinfo* found = nullptr;
    const int failure = getaddrinfo(name.host.c_str(), name.port.c_str(), &hints, &found);
    if (failure != 0) return std::unexpected(gai_strerror(failure));
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> list(found, freeaddrinfo);
    std::vector<SocketAddress> addresses;
    for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
        SocketAddress address;
        address.size = std::min<socklen_t>(entry->ai_addrlen, sizeof address.storage);
        std::memcpy(&address.storage, entry->ai_addr, address.size);
        addresses.push_back(address);
    }
    return addresses;
}

}  // namespace honeyswitch::agent
