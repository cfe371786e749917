#include "dataplane/eal/kernel_sockets.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>

#include <dirent.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <sys/socket.h>

namespace honeyswitch::dataplane {
namespace {

template <typename T>
bool get(int socket, int level, int option, T& value) {
    socklen_t size = sizeof value;
    return getsockopt(socket, level, option, &value, &size) == 0;
}

constexpr std::array<sock_filter, 4> cut_to_mark(std::uint32_t longest) {
    return {{
        BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, longest, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, mark_of_cut_frames),
        BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    }};
}

}  // namespace

std::vector<int> sockets_of_family(int family) {
    std::vector<int> found;
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir("/proc/self/fd"), closedir);
    if (!listing) return found;
    while (const dirent* const entry = readdir(listing.get())) {
        if (entry->d_name[0] == '.') continue;
        const int descriptor = std::atoi(entry->d_name);
        int domain = 0;
        if (get(descriptor, SOL_SOCKET, SO_DOMAIN, domain) && domain == family) found.push_back(descriptor);
    }
    std::ranges::sort(found);
    return found;
}

std::vector<int> opened_since(std::span<const int> before, std::span<const int> now) {
    std::vector<int> opened;
    std::ranges::set_difference(now, before, std::back_inserter(opened));
    return opened;
}

std::vector<int> bound_to(std::span<const int> sockets, const std::string& interface) {
    const auto index = static_cast<int>(if_nametoindex(interface.c_str()));
    std::vector<int> bound;
    for (const int socket : sockets) {
        sockaddr_ll address{};
        socklen_t size = sizeof address;
        if (getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0 && index != 0 &&
            address.sll_ifindex == index)
            bound.push_back(socket);
    }
    return bound;
}

SocketStatistics xdp_statistics(std::span<const int> sockets) {
    SocketStatistics sum;
    for (const int socket : sockets) {
        ::xdp_statistics counted{};
        if (!get(socket, SOL_XDP, XDP_STATISTICS, counted)) continue;
        sum.ring_full += counted.rx_ring_full;
        sum.dropped += counted.rx_dropped;
        sum.no_buffer += counted.rx_fill_ring_empty_descs;
    }
    return sum;
}

std::uint64_t take_packet_drops(std::span<const int> sockets) {
    std::uint64_t sum = 0;
    for (const int socket : sockets) {
        tpacket_stats counted{};
        if (get(socket, SOL_PACKET, PACKET_STATISTICS, counted)) sum += counted.tp_drops;
    }
    return sum;
}

std::expected<void, Error> mark_cut_frames(std::span<const int> sockets, std::uint32_t longest) {
    auto filter = cut_to_mark(longest);
    const sock_fprog program{filter.size(), filter.data()};
    for (const int socket : sockets)
        if (setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
            return std::unexpected(Error{"attach", "a filter to the socket of a port", std::strerror(errno)});
    return {};
}

}  // namespace honeyswitch::dataplane
