#include "control/notices/notice_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/wire/datagram.hpp"

namespace honeyswitch::control {
namespace {

constexpr unsigned burst_size = 64;
constexpr int receive_buffer = 8 << 20;  ///< the full states of many agents at once

sockaddr_in to_sockaddr(Endpoint endpoint) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(endpoint.port);
    address.sin_addr.s_addr = htonl(endpoint.address.value);
    return address;
}

Endpoint to_endpoint(const sockaddr_in& address) {
    return {{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

/// Room for the one control message that goes with a datagram: which address of ours it was sent to, or is to
/// be sent from.
struct alignas(cmsghdr) PacketInfo {
    std::array<std::uint8_t, CMSG_SPACE(sizeof(in_pktinfo))> octets{};
};

Ipv4Address asked_address(msghdr& message) {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != IPPROTO_IP || header->cmsg_type != IP_PKTINFO) continue;
        in_pktinfo info{};
        std::memcpy(&info, CMSG_DATA(header), sizeof info);
        return {ntohl(info.ipi_spec_dst.s_addr)};
    }
    return {};
}

void send_from(Ipv4Address source, msghdr& message, PacketInfo& room) {
    if (source == Ipv4Address{}) return;
    message.msg_control = room.octets.data();
    message.msg_controllen = room.octets.size();
    auto* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = IPPROTO_IP;
    header->cmsg_type = IP_PKTINFO;
    header->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    in_pktinfo info{};  // no interface: the route decides, as it would for any answer
    info.ipi_spec_dst.s_addr = htonl(source.value);
    std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

}  // namespace

std::expected<NoticeSocket, Error> NoticeSocket::open(const std::string& address, std::uint16_t port) {
    const auto failed = [&](std::string reason) {
        return std::unexpected(
            Error{"listen for notices on", address + ":" + std::to_string(port), std::move(reason)});
    };
    const auto parsed = parse_address(address);
    if (!parsed) return failed(parsed.error());
    NoticeSocket opened(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (opened.descriptor_ < 0) return failed(std::strerror(errno));
    if (setsockopt(opened.descriptor_, SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) !=
        0)
        (void)setsockopt(opened.descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    constexpr int yes = 1;
    // The address may come after the switch: from then on agents reach it, and the traffic waits for neither.
    if (setsockopt(opened.descriptor_, IPPROTO_IP, IP_FREEBIND, &yes, sizeof yes) != 0 ||
        setsockopt(opened.descriptor_, IPPROTO_IP, IP_PKTINFO, &yes, sizeof yes) != 0)
        return failed(std::strerror(errno));
    const auto local = to_sockaddr({*parsed, port});
    if (bind(opened.descriptor_, reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0)
        return failed(std::strerror(errno));
    return opened;
}

NoticeSocket::NoticeSocket(NoticeSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

NoticeSocket& NoticeSocket::operator=(NoticeSocket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

NoticeSocket::~NoticeSocket() {
    if (descriptor_ >= 0) close(descriptor_);
}

Endpoint NoticeSocket::local() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    if (getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
    return to_endpoint(address);
}

std::size_t NoticeSocket::receive(const Handler& handler) {
    // One octet more than is allowed, so that a longer datagram is seen to be too long.
    std::array<std::array<std::uint8_t, agent::max_datagram + 1>, burst_size> datagrams;
    std::array<sockaddr_in, burst_size> senders;
    std::array<PacketInfo, burst_size> rooms;
    std::array<iovec, burst_size> vectors;
    std::array<mmsghdr, burst_size> messages;
    for (unsigned i = 0; i < burst_size; ++i) {
        vectors[i] = {datagrams[i].data(), datagrams[i].size()};
        messages[i] = {};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_name = &senders[i];
        messages[i].msg_hdr.msg_namelen = sizeof senders[i];
        messages[i].msg_hdr.msg_control = rooms[i].octets.data();
        messages[i].msg_hdr.msg_controllen = rooms[i].octets.size();
    }
    const int count = recvmmsg(descriptor_, messages.data(), burst_size, 0, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        handler(std::span(datagrams[at]).first(messages[at].msg_len),
                {to_endpoint(senders[at]), asked_address(messages[at].msg_hdr)});
    }
    return count > 0 ? static_cast<std::size_t>(count) : 0;
}

void NoticeSocket::send(std::span<const std::uint8_t> datagram, NoticePath to) {
    auto address = to_sockaddr(to.agent);
    iovec vector{const_cast<std::uint8_t*>(datagram.data()), datagram.size()};  // sendmsg only reads
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    PacketInfo room;
    send_from(to.asked, message, room);
    (void)sendmsg(descriptor_, &message, MSG_NOSIGNAL);
}

}  // namespace honeyswitch::control
