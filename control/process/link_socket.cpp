#include "control/process/link_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/syscall.h>

namespace honeyswitch::control {
namespace {

constexpr std::size_t longest_answer = 32'768;  // of one interface, with all of its statistics

std::string system_reason(int number) {
    return std::generic_category().message(number);
}

/// What follows the header of a message.
const void* payload(const nlmsghdr* message) {
    return reinterpret_cast<const char*>(message) + NLMSG_HDRLEN;
}

/// 0: it says that all went well.
int error_of(const nlmsghdr* message) {
    if (message->nlmsg_type != NLMSG_ERROR) return EBADMSG;
    return -static_cast<const nlmsgerr*>(payload(message))->error;
}

template <typename T>
T value_of(const rtattr* attribute) {
    T value{};
    std::memcpy(&value, RTA_DATA(attribute), sizeof value);
    return value;
}

std::uint32_t mode_of(std::uint8_t attached) {
    switch (attached) {
        case XDP_ATTACHED_SKB:
            return XDP_FLAGS_SKB_MODE;
        case XDP_ATTACHED_HW:
            return XDP_FLAGS_HW_MODE;
        default:
            return XDP_FLAGS_DRV_MODE;
    }
}

XdpProgram parse_xdp(const rtattr* nest) {
    XdpProgram program;
    auto size = static_cast<int>(RTA_PAYLOAD(nest));
    for (const auto* part = static_cast<const rtattr*>(RTA_DATA(nest)); RTA_OK(part, size);
         part = RTA_NEXT(part, size)) {
        if (part->rta_type == IFLA_XDP_ATTACHED) program.mode = mode_of(value_of<std::uint8_t>(part));
        if (part->rta_type == IFLA_XDP_PROG_ID) program.id = value_of<std::uint32_t>(part);
    }
    return program;
}

XdpProgram parse_link(const nlmsghdr* message) {
    const auto* const link = static_cast<const ifinfomsg*>(payload(message));
    auto size = static_cast<int>(IFLA_PAYLOAD(message));
    for (const auto* attribute = IFLA_RTA(link); RTA_OK(attribute, size);
         attribute = RTA_NEXT(attribute, size))
        if ((attribute->rta_type & NLA_TYPE_MASK) == IFLA_XDP) return parse_xdp(attribute);
    return {};
}

Descriptor netlink_socket(std::uint32_t groups) {
    Descriptor made(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    sockaddr_nl local{};
    local.nl_family = AF_NETLINK;
    local.nl_groups = groups;
    if (!made || bind(made.get(), reinterpret_cast<const sockaddr*>(&local), sizeof local) != 0) return {};
    return made;
}

}  // namespace

/// A request about one interface, with room for what it says of XDP.
struct LinkSocket::Request {
    nlmsghdr header{};
    ifinfomsg interface{};
    std::array<std::uint8_t, 64> attributes{};

    Request(std::uint16_t type, std::uint16_t flags, unsigned index) {
        header.nlmsg_len = NLMSG_LENGTH(sizeof interface);
        header.nlmsg_type = type;
        header.nlmsg_flags = flags;
        interface.ifi_family = AF_UNSPEC;
        interface.ifi_index = static_cast<int>(index);
    }
    template <typename T>
    void add(std::uint16_t type, const T& value) {
        auto* const place = attributes.data() + used;
        const rtattr head{.rta_len = RTA_LENGTH(sizeof value), .rta_type = type};
        std::memcpy(place, &head, sizeof head);
        std::memcpy(place + RTA_LENGTH(0), &value, sizeof value);
        used += RTA_SPACE(sizeof value);
        header.nlmsg_len = NLMSG_LENGTH(sizeof interface) + static_cast<std::uint32_t>(used);
    }
    std::size_t used = 0;  ///< of the attributes
};

struct LinkSocket::Answer {
    alignas(nlmsghdr) std::array<char, longest_answer> bytes;
    [[nodiscard]] const nlmsghdr* message() const { return reinterpret_cast<const nlmsghdr*>(bytes.data()); }
};

std::expected<LinkSocket, Error> LinkSocket::open() {
    auto requests = netlink_socket(0);
    auto changes = netlink_socket(RTMGRP_LINK);
    if (!requests || !changes)
        return std::unexpected(Error{"watch", "the interfaces of the ports", system_reason(errno)});
    // A kernel that does not answer should hold up nobody for ever.
    constexpr timeval patience{.tv_sec = 10, .tv_usec = 0};
    if (setsockopt(requests.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0)
        return std::unexpected(Error{"watch", "the interfaces of the ports", system_reason(errno)});
    return LinkSocket(std::move(requests), std::move(changes));
}

std::expected<LinkSocket::Answer, int> LinkSocket::ask(Request request) {
    static_assert(offsetof(Request, attributes) == NLMSG_LENGTH(sizeof(ifinfomsg)));
    request.header.nlmsg_seq = ++sequence_;
    if (send(requests_.get(), &request, request.header.nlmsg_len, 0) < 0) return std::unexpected(errno);
    while (true) {
        std::expected<Answer, int> answer;
        const auto size = recv(requests_.get(), answer->bytes.data(), answer->bytes.size(), 0);
        if (size < 0) return std::unexpected(errno);
        const nlmsghdr* const message = answer->message();
        if (!NLMSG_OK(message, static_cast<std::size_t>(size))) return std::unexpected(EBADMSG);
        if (message->nlmsg_seq == sequence_) return answer;  // others answer what was given up
    }
}

std::expected<XdpProgram, int> LinkSocket::xdp_program(unsigned interface_index) {
    const auto answer = ask(Request(RTM_GETLINK, NLM_F_REQUEST, interface_index));
    if (!answer) return std::unexpected(answer.error());
    const nlmsghdr* const message = answer->message();
    if (message->nlmsg_type == RTM_NEWLINK) return parse_link(message);
    return std::unexpected(error_of(message));
}

std::expected<void, std::string> LinkSocket::attach(unsigned interface_index, const Descriptor& program,
                                                    std::uint32_t mode) {
    struct {
        rtattr descriptor_head{.rta_len = RTA_LENGTH(sizeof(int)), .rta_type = IFLA_XDP_FD};
        int descriptor = 0;
        rtattr flags_head{.rta_len = RTA_LENGTH(sizeof(std::uint32_t)), .rta_type = IFLA_XDP_FLAGS};
        std::uint32_t flags = 0;
    } xdp;
    xdp.descriptor = program.get();
    xdp.flags = mode;
    Request request(RTM_SETLINK, NLM_F_REQUEST | NLM_F_ACK, interface_index);
    request.add(IFLA_XDP | NLA_F_NESTED, xdp);
    const auto answer = ask(request);
    const int code = answer ? error_of(answer->message()) : answer.error();
    if (code != 0) return std::unexpected(system_reason(code));
    return {};
}

void LinkSocket::forget_changes() {
    std::array<char, 4096> ignored;
    // ENOBUFS is told once, when more had changed than there was room for; after it nothing is left.
    while (recv(changes_.get(), ignored.data(), ignored.size(), MSG_DONTWAIT) > 0) continue;
}

Descriptor xdp_program_by_id(std::uint32_t id) {
    bpf_attr attributes{};
    attributes.prog_id = id;
    return Descriptor(
        static_cast<int>(syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attributes, sizeof attributes)));
}

}  // namespace honeyswitch::control
