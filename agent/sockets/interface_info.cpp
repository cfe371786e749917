#include "agent/sockets/interface_info.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <sys/socket.h>

namespace honeyswitch::agent {

InterfaceInfo read_interface(const std::string& name) {
    InterfaceInfo info;
    ifaddrs* found = nullptr;
    if (getifaddrs(&found) != 0) return info;
    const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> list(found, freeifaddrs);
    for (const auto* entry = found; entry != nullptr; entry = entry->ifa_next) {
        if (name != entry->ifa_name || entry->ifa_addr == nullptr) continue;
        if (entry->ifa_addr->sa_family == AF_PACKET) {
            const auto& link = reinterpret_cast<const sockaddr_ll&>(*entry->ifa_addr);
            info.exists = true;
            info.index = link.sll_ifindex;
            info.up = (entry->ifa_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
            std::copy_n(link.sll_addr, 6, info.mac.octets.begin());
        } else if (entry->ifa_addr->sa_family == AF_INET && entry->ifa_netmask != nullptr) {
            const auto& inet = reinterpret_cast<const sockaddr_in&>(*entry->ifa_addr);
            const auto& mask = reinterpret_cast<const sockaddr_in&>(*entry->ifa_netmask);
            const Ipv4Address address{ntohl(inet.sin_addr.s_addr)};
            const auto length = static_cast<unsigned>(std::popcount(mask.sin_addr.s_addr));
            info.addresses.push_back({address, Ipv4Prefix::of(address, length)});
        }
    }
    return info;
}

std::expected<Descriptor, Error> open_interface_events() {
    Descriptor descriptor(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR;
    if (!descriptor ||
        bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return std::unexpected(Error{"watch", "the state of interfaces", std::strerror(errno)});
    return descriptor;
}

void drain_interface_events(const Descriptor& events) {
    std::array<char, 8192> buffer;
    for (;;) {
        const auto size = recv(events.get(), buffer.data(), buffer.size(), 0);
        // ENOBUFS only says that some were lost: there is more to read.
        if (size < 0 && errno != ENOBUFS) return;
        if (size == 0) return;
    }
}

}  // namespace honeyswitch::agent
