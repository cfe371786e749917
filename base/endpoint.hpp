// Where a datagram came from and where its answer goes.
#pragma once

#include <cstdint>
#include <string>

#include "base/address.hpp"

namespace honeyswitch {

/// An IPv4 UDP endpoint; the port is a number, in host byte order.
struct Endpoint {
    Ipv4Address address;
    std::uint16_t port = 0;

    friend bool operator==(Endpoint, Endpoint) = default;
};

[[nodiscard]] inline std::string to_string(Endpoint endpoint) {
    return to_string(endpoint.address) + ":" + std::to_string(endpoint.port);
}

}  // namespace honeyswitch
