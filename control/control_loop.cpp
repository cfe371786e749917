#include "control/control_loop.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <spdlog/spdlog.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

namespace honeyswitch::control {
namespace {

/// Under a flood of Packet-Ins, descriptors are looked at once in so many turns.
constexpr unsigned turns_between_descriptors = 8;

}  // namespace

std::expected<ControlLoop, Error> ControlLoop::create(const Parts& parts, const sigset_t& stop_signals,
                                                      std::uint32_t idle_wait_us) {
    FileDescriptor signals(signalfd(-1, &stop_signals, SFD_NONBLOCK | SFD_CLOEXEC));
    FileDescriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!signals || !epoll)
        return std::unexpected(Error{"create", "the control loop's descriptors", std::strerror(errno)});
    for (const int fd : {signals.get(), parts.notice_socket.descriptor(), parts.operators.fd()}) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            return std::unexpected(Error{"watch", "a descriptor of the control loop", std::strerror(errno)});
    }
    return ControlLoop(parts, std::move(epoll), std::move(signals), idle_wait_us);
}

TimePoint ControlLoop::now() const {
    return TimePoint(Milliseconds(static_cast<std::int64_t>(parts_.plane.clock().now_ms())));
}

int ControlLoop::run() {
    while (stop_signal_ == 0) {
        const bool busy = turn();
        if (busy && ++busy_turns_ % turns_between_descriptors != 0) continue;
        handle_descriptors(!busy, now());
    }
    return stop_signal_;
}

bool ControlLoop::turn() {
    const TimePoint time = now();
    parts_.plane.heartbeat().beat(static_cast<std::uint32_t>(time.time_since_epoch().count()));
    parts_.the_switch.set_time(time);
    parts_.inspector.set_time(time);
    bool busy = handle_packet_ins(time);
    busy = parts_.controller.tick(time) || busy;
    parts_.the_switch.reclaim();
    parts_.notices.tick(time);
    busy = busy || parts_.notices.unsettled();  // an agent waits, and a worker's round is short
    if (const auto mac = parts_.honeypot_watch.tick(time))
        spdlog::info("the honeypot is at {}", agent::to_string(*mac));
    return busy;
}

bool ControlLoop::handle_packet_ins(TimePoint time) {
    std::array<PacketIn, DpdkSwitch::burst> packets;
    bool any = false;
    for (std::size_t worker = 0; worker < parts_.plane.workers().size(); ++worker) {
        const std::size_t count = parts_.the_switch.receive(packets);
        for (const PacketIn& packet : std::span(packets).first(count))
            parts_.controller.packet_in(packet, time);
        any = any || count != 0;
    }
    parts_.the_switch.flush();
    return any;
}

void ControlLoop::handle_descriptors(bool idle, TimePoint time) {
    std::array<epoll_event, 4> events;
    const timespec wait{.tv_sec = 0, .tv_nsec = idle ? static_cast<long>(idle_wait_us_) * 1000 : 0};
    const int count = epoll_pwait2(epoll_.get(), events.data(), events.size(), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
        const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == signals_.get()) read_signal();
        if (fd == parts_.notice_socket.descriptor()) receive_notices(time);
        if (fd == parts_.operators.fd()) parts_.operators.service(time);
    }
}

void ControlLoop::receive_notices(TimePoint time) {
    parts_.notice_socket.receive([&](std::span<const std::uint8_t> datagram, Endpoint from) {
        parts_.notices.receive(datagram, from, time);
    });
}

void ControlLoop::read_signal() {
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) == sizeof info)
        stop_signal_ = static_cast<int>(info.ssi_signo);
}

}  // namespace honeyswitch::control
