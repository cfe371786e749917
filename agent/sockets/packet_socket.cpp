#include "agent/sockets/packet_socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace honeyswitch::agent {
namespace {

constexpr unsigned burst_size = 64;
constexpr unsigned max_bursts = 1024;     ///< more frames than the receive buffer holds
constexpr std::size_t snap_length = 128;  ///< an ARP frame has 60, with a tag 64
constexpr int receive_buffer = 16 << 20;

// EtherType ARP, or a tag with EtherType ARP behind it.
constexpr std::array<sock_filter, 8> arp_only{{
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 4, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 1, 0),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021AD, 0, 3),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 16),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_ARP, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, snap_length),
    BPF_STMT(BPF_RET | BPF_K, 0),
}};

template <typename T>
bool set(int descriptor, int level, int option, const T& value) {
    return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

bool is_ethernet(int descriptor, const std::string& interface) {
    ifreq request{};
    std::strncpy(request.ifr_name, interface.c_str(), IFNAMSIZ - 1);
    return ioctl(descriptor, SIOCGIFHWADDR, &request) == 0 && request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
}

bool enter_promiscuous_mode(int descriptor, int index) {
    packet_mreq membership{};
    membership.mr_ifindex = index;
    membership.mr_type = PACKET_MR_PROMISC;
    return set(descriptor, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership);
}

bool set_options(int descriptor) {
    const sock_fprog filter{arp_only.size(), const_cast<sock_filter*>(arp_only.data())};
    if (!set(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer))
        (void)set(descriptor, SOL_SOCKET, SO_RCVBUF, receive_buffer);  // up to net.core.rmem_max
    return set(descriptor, SOL_SOCKET, SO_ATTACH_FILTER, filter) &&
           set(descriptor, SOL_PACKET, PACKET_AUXDATA, 1) &&
           set(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1) &&
           set(descriptor, SOL_SOCKET, SO_TIMESTAMPNS, 1);
}

std::chrono::nanoseconds since_epoch(const timespec& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct Ancillary {
    std::optional<std::uint16_t> tci;
    std::optional<std::chrono::nanoseconds> timestamp;  ///< CLOCK_REALTIME
};

Ancillary ancillary_of(msghdr& message) {
    Ancillary found;
    for (auto* control = CMSG_FIRSTHDR(&message); control != nullptr;
         control = CMSG_NXTHDR(&message, control)) {
        if (control->cmsg_level == SOL_PACKET && control->cmsg_type == PACKET_AUXDATA) {
            tpacket_auxdata auxiliary;
            std::memcpy(&auxiliary, CMSG_DATA(control), sizeof auxiliary);
            if ((auxiliary.tp_status & TP_STATUS_VLAN_VALID) != 0) found.tci = auxiliary.tp_vlan_tci;
        } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
            timespec time;
            std::memcpy(&time, CMSG_DATA(control), sizeof time);
            found.timestamp = since_epoch(time);
        }
    }
    return found;
}

/// Both clocks at one moment, to take a frame's wall clock time to the monotonic clock.
struct ClockPair {
    Clock::time_point now = Clock::now();
    std::chrono::nanoseconds wall{};

    ClockPair() {
        timespec time;
        clock_gettime(CLOCK_REALTIME, &time);
        wall = since_epoch(time);
    }
    [[nodiscard]] Clock::time_point monotonic(std::optional<std::chrono::nanoseconds> timestamp) const {
        // A wall clock that was set just now must not place a frame into the future or the distant past.
        const auto age = timestamp ? wall - *timestamp : std::chrono::nanoseconds(0);
        return now - std::clamp<std::chrono::nanoseconds>(age, std::chrono::nanoseconds(0),
                                                          std::chrono::seconds(1));
    }
};

}  // namespace

std::expected<PacketSocket, Error> PacketSocket::open(const std::string& interface, bool trunk) {
    const auto failed = [&](std::string reason) {
        return std::unexpected(Error{"watch interface", interface, std::move(reason)});
    };
    // Protocol 0: nothing is received before the filter stands.
    Descriptor descriptor(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!descriptor) return failed(std::string(std::strerror(errno)) + " (it takes CAP_NET_RAW)");
    const auto index = static_cast<int>(if_nametoindex(interface.c_str()));
    if (index == 0) return failed("no such interface");
    if (!is_ethernet(descriptor.get(), interface)) return failed("it is not Ethernet, so it has no ARP");
    if (!set_options(descriptor.get())) return failed(std::strerror(errno));
    if (trunk && !enter_promiscuous_mode(descriptor.get(), index)) return failed(std::strerror(errno));

    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);  // tagged ARP is not ETH_P_ARP to the kernel
    address.sll_ifindex = index;
    if (bind(descriptor.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return failed(std::strerror(errno));
    return PacketSocket(std::move(descriptor), index);
}

bool PacketSocket::send(Bytes frame) const {
    return ::send(descriptor_.get(), frame.data(), frame.size(), 0) == static_cast<ssize_t>(frame.size());
}

bool PacketSocket::receive(const Handler& handler) const {
    std::array<std::array<std::uint8_t, snap_length>, burst_size> frames;
    std::array<std::array<char, 128>, burst_size> controls;
    std::array<iovec, burst_size> vectors;
    std::array<mmsghdr, burst_size> messages;
    for (unsigned bursts = 0; bursts < max_bursts; ++bursts) {
        for (unsigned i = 0; i < burst_size; ++i) {
            vectors[i] = {frames[i].data(), frames[i].size()};
            messages[i] = {};
            messages[i].msg_hdr.msg_iov = &vectors[i];
            messages[i].msg_hdr.msg_iovlen = 1;
            messages[i].msg_hdr.msg_control = controls[i].data();
            messages[i].msg_hdr.msg_controllen = controls[i].size();
        }
        const int count = recvmmsg(descriptor_.get(), messages.data(), burst_size, 0, nullptr);
        if (count < 0) return errno == EAGAIN || errno == EINTR;
        const ClockPair clocks;
        for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
            const auto ancillary = ancillary_of(messages[i].msg_hdr);
            handler(Bytes(frames[i]).first(messages[i].msg_len), ancillary.tci,
                    clocks.monotonic(ancillary.timestamp));
        }
        if (static_cast<unsigned>(count) < burst_size) return true;
    }
    return true;
}

std::uint32_t PacketSocket::take_drops() const {
    tpacket_stats statistics{};
    socklen_t size = sizeof statistics;
    if (getsockopt(descriptor_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) != 0) return 0;
    return statistics.tp_drops;
}

}  // namespace honeyswitch::agent
