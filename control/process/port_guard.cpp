#include "control/process/port_guard.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>
#include <net/if.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>

namespace honeyswitch::control {
namespace {

constexpr int between_looks_ms = 1'000;
constexpr std::chrono::milliseconds between_looks{between_looks_ms};

}  // namespace

std::expected<std::unique_ptr<PortGuard>, Error> PortGuard::start(const std::vector<GuardedPort>& ports,
                                                                  PortKeeper& keeper) {
    auto links = LinkSocket::open();
    if (!links) return std::unexpected(links.error());
    Descriptor stop(eventfd(0, EFD_CLOEXEC));
    if (!stop) return std::unexpected(Error{"watch", "the ports", std::strerror(errno)});
    std::unique_ptr<PortGuard> watch(new PortGuard(std::move(*links), std::move(stop), keeper));
    for (const GuardedPort& port : ports)
        if (auto added = watch->add(port); !added) return std::unexpected(added.error());
    watch->thread_ = std::jthread([raw = watch.get()] { raw->run(); });
    return watch;
}

PortGuard::~PortGuard() {
    (void)eventfd_write(stop_.get(), 1);
}

std::expected<void, Error> PortGuard::add(const GuardedPort& watched) {
    Port port{.text = watched.text, .index = if_nametoindex(watched.interface.c_str()), .program = {}};
    const auto program = links_.xdp_program(port.index);
    if (!program) return std::unexpected(Error{"watch", "port " + port.text, std::strerror(program.error())});
    if (watched.xdp) {
        port.program = *program;
        port.program_handle = xdp_program_by_id(program->id);
    }
    ports_.push_back(std::move(port));
    return {};
}

void PortGuard::lose(const std::string& reason) {
    const std::lock_guard lock(losing_);
    if (lost()) return;
    reason_ = reason;
    lost_.store(true, std::memory_order_release);
}

void PortGuard::run() {
    using Clock = std::chrono::steady_clock;
    std::array<pollfd, 2> watched{pollfd{stop_.get(), POLLIN, 0}, pollfd{links_.changes(), POLLIN, 0}};
    auto keep_at = Clock::now() + between_looks;
    while (true) {
        // Not every change is told, so it looks without being told too.
        (void)poll(watched.data(), watched.size(), between_looks_ms);
        if (watched[0].revents != 0) return;
        links_.forget_changes();
        const bool put_back = look();
        // Where links come and go all the time, settings are looked at no more often for that.
        if (Clock::now() >= keep_at) {
            keeper_->look();
            keep_at = Clock::now() + between_looks;
        }
        if (!put_back) continue;
        // Whoever takes a program off whenever it is put back should not make this thread busy.
        (void)poll(watched.data(), 1, between_looks_ms);
    }
}

bool PortGuard::look() {
    bool any = false;
    for (Port& port : ports_) {
        const auto program = links_.xdp_program(port.index);
        if (!program && program.error() == ENODEV)
            lose(fmt::format("port {}: its interface is gone", port.text));
        if (!program) continue;  // whatever else keeps the kernel from answering says nothing of the port
        if (port.program.id != 0 && program->id != port.program.id) put_back(port, *program), any = true;
    }
    return any;
}

void PortGuard::put_back(Port& port, const XdpProgram& instead) {
    const auto what =
        fmt::format("port {}: its XDP program was taken off{}", port.text,
                    instead.id == 0 ? "" : fmt::format(", and program {} is there instead", instead.id));
    if (!port.program_handle)
        return lose(what + ", and cannot be put back without CAP_SYS_ADMIN and CAP_NET_ADMIN");
    if (auto attached = links_.attach(port.index, port.program_handle, port.program.mode); !attached)
        return lose(fmt::format("{}, and cannot be put back: {}", what, attached.error()));
    spdlog::warn("{}; it was put back, and what came meanwhile is lost. Somebody else changes this interface",
                 what);
}

}  // namespace honeyswitch::control
