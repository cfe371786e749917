// Where a controller is: an address of IP with a port, and the names for it.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include <sys/socket.h>

namespace honeyswitch::agent {

/// An IPv4 or IPv6 address with a port, as the kernel wants it.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;

    friend bool operator==(const SocketAddress& one, const SocketAddress& other);
};
/// "192.0.2.1:6466", "[2001:db8::1]:6466"
[[nodiscard]] std::string to_string(const SocketAddress& address);

/// HOST or HOST:PORT, with HOST a name, an IPv4 address or an IPv6 address in brackets. Error: what is wrong
/// with how it is written.
struct ControllerName {
    std::string host, port;
    bool is_address = false;  ///< and no name: nobody need be asked

    [[nodiscard]] static std::expected<ControllerName, std::string> parse(const std::string& text);
};

/// All addresses of a controller, the preferred ones first. Asks the resolver, and waits for its answer
/// unless HOST is an address. Error: why there is none.
[[nodiscard]] std::expected<std::vector<SocketAddress>, std::string> resolve(const ControllerName& name);

}  // namespace honeyswitch::agent
