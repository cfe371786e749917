#include "control/process/control_loop.hpp"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

namespace honeyswitch::control {
namespace {

/// Under a flood of Packet-Ins, descriptors are looked at once in so many turns.
constexpr unsigned turns_between_descriptors = 8;

/// A process sent it, or the kernel, as when a terminal closes.
Asker sender_of(const signalfd_siginfo& info) {
    if (info.ssi_code > 0) return {.text = "SIGHUP"};
    return {.text = fmt::format("SIGHUP from uid {}, pid {}", info.ssi_uid, info.ssi_pid),
            .uid = info.ssi_uid,
            .pid = info.ssi_pid};
}

}  // namespace

std::expected<ControlLoop, Error> ControlLoop::create(ControlPlane& control,
                                                      const dataplane::SwitchClock& clock,
                                                      const sigset_t& signals, std::uint32_t idle_wait_us) {
    Descriptor signal_reader(signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
    Descriptor epoll(epoll_create1(EPOLL_CLOEXEC));
    if (!signal_reader || !epoll)
        return std::unexpected(Error{"create", "the control loop's descriptors", std::strerror(errno)});
    auto watched = control.descriptors();
    watched.push_back(signal_reader.get());
    for (const int fd : watched) {
        epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
        if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            return std::unexpected(Error{"watch", "a descriptor of the control loop", std::strerror(errno)});
    }
    return ControlLoop(control, clock, std::move(epoll), std::move(signal_reader), idle_wait_us);
}

TimePoint ControlLoop::now() const {
    return TimePoint(Milliseconds(static_cast<std::int64_t>(clock_.now_ms())));
}

std::expected<int, Error> ControlLoop::run(const PortGuard& ports, ServiceReport& service) {
    while (stop_signal_ == 0) {
        if (ports.lost()) return std::unexpected(Error{"go on forwarding", "", ports.reason()});
        for (std::uint32_t gone = ports.gone() & ~given_up_; gone != 0; gone &= gone - 1) {
            control_->give_up(static_cast<dataplane::PortIndex>(std::countr_zero(gone)));
            given_up_ |= gone & -gone;
        }
        service.look(control_->reloading(), [this] { return control_->in_words(); }, now());
        const bool busy = control_->turn(now());
        if (busy && ++busy_turns_ % turns_between_descriptors != 0) continue;
        handle_descriptors(!busy, now());
    }
    return stop_signal_;
}

void ControlLoop::handle_descriptors(bool idle, TimePoint time) {
    std::array<epoll_event, 8> events;
    const timespec wait{.tv_sec = 0, .tv_nsec = idle ? static_cast<long>(idle_wait_us_) * 1000 : 0};
    const int count = epoll_pwait2(epoll_.get(), events.data(), events.size(), &wait, nullptr);
    for (int i = 0; i < count; ++i) {
        const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == signals_.get())
            read_signal();
        else
            control_->serve(fd, time);
    }
}

void ControlLoop::read_signal() {
    signalfd_siginfo info{};
    if (read(signals_.get(), &info, sizeof info) != sizeof info) return;
    if (info.ssi_signo != SIGHUP) {
        stop_signal_ = static_cast<int>(info.ssi_signo);
        return;
    }
    control_->reload_on_signal(sender_of(info));
}

}  // namespace honeyswitch::control
