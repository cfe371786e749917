// What the kernel says of a network interface, and when it says something new.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "base/error.hpp"
#include "base/system/descriptor.hpp"

namespace honeyswitch::agent {

struct InterfaceInfo {
    bool exists = false;
    bool up = false;  ///< set up, and with a carrier
    int index = 0;
    MacAddress mac;
    struct Own {
        Ipv4Address address;
        Ipv4Prefix prefix;
    };
    std::vector<Own> addresses;
};

[[nodiscard]] InterfaceInfo read_interface(const std::string& name);

/// A netlink socket that can be read when any interface or IPv4 address of this host changes.
[[nodiscard]] std::expected<Descriptor, Error> open_interface_events();
/// Takes what there is to read.
void drain_interface_events(const Descriptor& events);

}  // namespace honeyswitch::agent
